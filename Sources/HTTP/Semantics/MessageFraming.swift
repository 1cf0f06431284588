/// How the end of a message's body is found (RFC 9112 §6.3).
package enum MessageFraming: Sendable, Hashable {
  /// There is no body.
  case none
  /// The body is that many bytes. Zero is a body too: it was announced.
  case length(UInt64)
  /// The body comes in chunks.
  case chunked
  /// The body goes on until the connection closes. Responses only.
  case untilClose

  // An enum's own `==` is called through a witness from other modules, which costs more than the comparison of a request with these.

  /// There is no body.
  package var isNone: Bool { if case .none = self { true } else { false } }
  package var isChunked: Bool { if case .chunked = self { true } else { false } }
  package var isUntilClose: Bool { if case .untilClose = self { true } else { false } }

  /// Whether no byte of a body follows the head.
  package var isEmpty: Bool {
    switch self {
    case .none, .length(0): true
    case .length, .chunked, .untilClose: false
    }
  }
}
