package import Bytes

/// The method of a request: what it asks to be done (RFC 9110 §9).
///
/// The registered ones cost nothing to keep; any other is kept as it was sent.
@usableFromInline
package enum Method: Sendable, Hashable {
  case get
  case head
  case post
  case put
  case delete
  case options
  case patch
  case trace
  case connect
  case other([UInt8])

  /// The longest method that is taken, in bytes.
  package static let maxCount = 32

  /// The method of that name.
  ///
  /// Methods are case-sensitive: `get` is another one than `GET`. Nil if the text is no token of at most ``maxCount`` bytes.
  package init?(_ text: Span<UInt8>) {
    guard text.count > 0, text.count <= Self.maxCount, text.isToken else { return nil }
    self.init(token: text, 0..<text.count)
  }

  /// The method whose name takes these 1 to ``maxCount`` octets, all of them token characters.
  init(token bytes: Span<UInt8>, _ range: Range<Int>) {
    let count = range.count
    let word = count < 8 ? bytes.word(at: range.lowerBound, count: count) : 0
    switch count {
    case 3 where word == UInt64(octetsOf: "GET"): self = .get
    case 3 where word == UInt64(octetsOf: "PUT"): self = .put
    case 4 where word == UInt64(octetsOf: "HEAD"): self = .head
    case 4 where word == UInt64(octetsOf: "POST"): self = .post
    case 5 where word == UInt64(octetsOf: "PATCH"): self = .patch
    case 5 where word == UInt64(octetsOf: "TRACE"): self = .trace
    case 6 where word == UInt64(octetsOf: "DELETE"): self = .delete
    case 7 where word == UInt64(octetsOf: "OPTIONS"): self = .options
    case 7 where word == UInt64(octetsOf: "CONNECT"): self = .connect
    default: self = .other(bytes.extracting(range).array)
    }
  }

  var isConnect: Bool {
    if case .connect = self { true } else { false }
  }

  var isTrace: Bool {
    if case .trace = self { true } else { false }
  }

  var isOptions: Bool {
    if case .options = self { true } else { false }
  }

  /// True if there is a lower-case letter in the name: an upstream that compares methods without case would do something else than
  /// what was judged.
  var hasLowercase: Bool {
    if case .other(let name) = self { name.span.hasLowercase } else { false }
  }

  /// True if the client asks for no change of state (RFC 9110 §9.2.1).
  package var isSafe: Bool {
    switch self {
    case .get, .head, .options, .trace: true
    case .post, .put, .delete, .patch, .connect, .other: false
    }
  }

  /// True if asking twice is the same as asking once (RFC 9110 §9.2.2), so that a lost request may be sent again.
  package var isIdempotent: Bool {
    switch self {
    case .get, .head, .options, .trace, .put, .delete: true
    case .post, .patch, .connect, .other: false
    }
  }

  /// The name as it stands on the wire.
  package var text: String {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    case .options: "OPTIONS"
    case .patch: "PATCH"
    case .trace: "TRACE"
    case .connect: "CONNECT"
    case .other(let name): name.span.text
    }
  }

  /// Appends the name as it stands on the wire.
  package func write(to buffer: inout ByteBuffer) {
    switch self {
    case .get: buffer.append("GET")
    case .head: buffer.append("HEAD")
    case .post: buffer.append("POST")
    case .put: buffer.append("PUT")
    case .delete: buffer.append("DELETE")
    case .options: buffer.append("OPTIONS")
    case .patch: buffer.append("PATCH")
    case .trace: buffer.append("TRACE")
    case .connect: buffer.append("CONNECT")
    case .other(let name): buffer.append(name.span)
    }
  }
}
