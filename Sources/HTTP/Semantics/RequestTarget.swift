import Bytes

/// What a request is for, made canonical once (RFC 9112 §3.2).
///
/// Routing and forwarding use this value only.
package struct RequestTarget: ~Copyable {
  /// The forms that a target is taken in; the authority form is for CONNECT, which is refused before.
  package enum Form: Sendable, Hashable {
    case origin
    case absolute
    case asterisk
  }

  package private(set) var form = Form.origin
  /// Some segment of the path holds an encoded slash; a route must say that it takes them.
  package var hasEncodedSlash: Bool { traits.hasEncodedSlash }
  /// Some segment of the path carries `;` parameters; it is matched with and without them.
  package var hasParameters: Bool { traits.hasParameters }

  /// The canonical path, and behind it `?` and the query if there is one.
  private var bytes = ByteBuffer(capacity: 0)
  private var pathCount = 0
  private var traits = CanonicalPath.Traits()
  /// Where in the raw target the authority lies, for the absolute form.
  private(set) var authority: Range<Int>?
  /// The scheme that an absolute target names; nil for the other forms.
  package private(set) var scheme: Peer.Scheme?

  package init() {}

  /// The canonical path; `*` for the asterisk form.
  package var path: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.readable.extracting(0..<pathCount) }
  }

  /// What follows the first `?`, as it was sent; nil without one.
  package var query: Span<UInt8>? {
    @_lifetime(borrow self) get {
      guard bytes.count > pathCount else { return nil }
      return bytes.readable.extracting((pathCount &+ 1)..<bytes.count)
    }
  }

  /// The whole in origin form, as it is forwarded when a route changes nothing.
  package var pathAndQuery: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.readable }
  }

  /// The path as a server reads it that drops `;` parameters.
  ///
  /// Allocates: only for paths that have some.
  package var pathWithoutParameters: [UInt8] { CanonicalPath.withoutParameters(path) }

  /// The path as a server reads it that takes `%2F` for a slash.
  ///
  /// Allocates: only for paths that have some.
  package var pathWithSlashesDecoded: [UInt8] { CanonicalPath.withSlashesDecoded(path) }

  /// Takes a raw target apart.
  ///
  /// On a throw the value is of no use until the next call.
  package mutating func parse(_ raw: Span<UInt8>, method: Method) throws(HeadRejection) {
    bytes.removeAll()
    authority = nil
    scheme = nil
    traits = CanonicalPath.Traits()
    // A fragment never crosses the wire, and a matcher that saw one would see another path than the upstream.
    guard raw.count > 0, raw.firstIndex(of: UInt8(ascii: "#")) == nil else { throw .malformedTarget }
    if raw[0] == UInt8(ascii: "/") {
      form = .origin
      try setPathAndQuery(raw)
    } else if raw.equals("*") {
      guard method.isOptions else { throw .malformedTarget }
      setAsterisk()
    } else {
      try setAbsolute(raw, method: method)
    }
  }

  private mutating func setAbsolute(_ raw: Span<UInt8>, method: Method) throws(HeadRejection) {
    let start: Int
    if raw.count > 7, raw.extracting(0..<7).equalsIgnoringCase("http://") {
      start = 7
      scheme = .http
    } else if raw.count > 8, raw.extracting(0..<8).equalsIgnoringCase("https://") {
      start = 8
      scheme = .https
    } else {
      throw .malformedTarget
    }
    var end = start
    while end < raw.count, raw[end] != UInt8(ascii: "/"), raw[end] != UInt8(ascii: "?") { end &+= 1 }
    guard end > start else { throw .malformedTarget }
    authority = start..<end
    form = .absolute
    let rest = raw.extracting(end..<raw.count)
    if rest.isEmpty, method.isOptions {
      setAsterisk()  // RFC 9112 §3.2.4: the last proxy on the way makes it the asterisk form.
    } else if rest.isEmpty || rest[0] == UInt8(ascii: "?") {
      bytes.append(UInt8(ascii: "/"))
      pathCount = 1
      bytes.append(rest)
    } else {
      try setPathAndQuery(rest)
    }
  }

  private mutating func setPathAndQuery(_ raw: Span<UInt8>) throws(HeadRejection) {
    let end = raw.firstIndex(of: UInt8(ascii: "?")) ?? raw.count
    let path = raw.extracting(first: end)
    if CanonicalPath.isPlain(path) {
      bytes.append(raw)
      pathCount = end
      return
    }
    var canonical: [UInt8] = []
    do {
      traits = try CanonicalPath.append(path, to: &canonical)
    } catch {
      throw .ambiguousPath(error)
    }
    bytes.append(canonical.span)
    pathCount = canonical.count
    bytes.append(raw.extracting(end..<raw.count))
  }

  private mutating func setAsterisk() {
    form = .asterisk
    bytes.append(UInt8(ascii: "*"))
    pathCount = 1
  }
}
