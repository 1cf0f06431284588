/// The length of the body behind a head, as far as the head tells it (RFC 9110 §8.6).
///
/// Each version of HTTP has its own way to mark the end of a body; this is what they have in common.
@usableFromInline
package enum BodyLength: Sendable, Hashable {
  /// There is no body.
  case none
  /// The body is that many bytes. Zero is a body too: it was announced.
  case exact(UInt64)
  /// Only its end tells.
  case untilEnd

  // An enum's own `==` is called through a witness from other modules, which costs more than the comparison of a request with these.

  /// There is no body.
  @inlinable package var isNone: Bool { if case .none = self { true } else { false } }
  @inlinable package var isUntilEnd: Bool { if case .untilEnd = self { true } else { false } }

  /// True if no byte of a body follows the head.
  @inlinable package var isEmpty: Bool {
    switch self {
    case .none, .exact(0): true
    case .exact, .untilEnd: false
    }
  }
}
