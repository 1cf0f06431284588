/// The versions of HTTP that are spoken (RFC 9112 §2.3).
@usableFromInline
package enum Version: Sendable, Hashable {
  case http10
  case http11
}
