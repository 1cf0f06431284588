/// The way in which HTTP/1.1 marks the end of a message's body (RFC 9112 §6.3).
@usableFromInline
package enum MessageFraming: Sendable, Hashable {
  /// There is no body.
  case none
  /// The body is that many bytes. Zero is a body too: it was announced.
  case length(UInt64)
  /// The body comes in chunks.
  case chunked
  /// The body goes on until the connection closes. Responses only.
  case untilClose

  /// Frames the body of a request: one of unknown length comes in chunks (RFC 9112 §6.3, rule 6).
  package init(ofRequest body: BodyLength) {
    switch body {
    case .none: self = .none
    case .exact(let count): self = .length(count)
    case .untilEnd: self = .chunked
    }
  }

  /// Frames the body of a response to a client of that version: where HTTP/1.0 is spoken only the length or the connection's end tell.
  package init(ofResponse body: BodyLength, to version: Version) {
    switch (body, version) {
    case (.none, _): self = .none
    case (.exact(let count), _): self = .length(count)
    case (.untilEnd, .http11): self = .chunked
    case (.untilEnd, .http10): self = .untilClose
    }
  }

  // An enum's own `==` is called through a witness from other modules, which costs more than the comparison of a request with these.

  @inlinable @inline(__always) package var isChunked: Bool { if case .chunked = self { true } else { false } }
  @inlinable @inline(__always) package var isUntilClose: Bool { if case .untilClose = self { true } else { false } }

  /// The length that the framing gives the body.
  var bodyLength: BodyLength {
    switch self {
    case .none: .none
    case .length(let count): .exact(count)
    case .chunked, .untilClose: .untilEnd
    }
  }
}
