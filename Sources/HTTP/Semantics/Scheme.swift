/// The scheme of a request's URL (RFC 9110 §4.2).
@usableFromInline
package enum Scheme: String, Sendable, Hashable {
  case http
  case https

  package var defaultPort: UInt16 {
    switch self {
    case .http: 80
    case .https: 443
    }
  }

  /// The name as it stands in a field.
  var text: StaticString {
    switch self {
    case .http: "http"
    case .https: "https"
    }
  }
}
