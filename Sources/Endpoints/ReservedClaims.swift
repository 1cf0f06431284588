import Bytes
import JSON

/// The claims that the gateway sets or judges, which no account has of its own.
package enum ReservedClaims {
  /// Those of RFC 7519 §4.1, and what the gateway's tokens say of user, session and rights.
  private static let names = [
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "user", "sid", "roles", "scope", "cnf",
  ]

  package static func contains(_ name: String) -> Bool {
    names.contains { $0.utf8.elementsEqual(name.utf8) }
  }
}

/// The value of a claim as somebody writes it: JSON.
package struct ClaimValue {
  /// The JSON in its shortest form; nil for `null`, which stands for no such claim.
  package let text: String?

  /// - Returns: nil for a text that is not JSON.
  package init?(json: String) {
    let value: JSONValue
    do throws(JSONError) { value = try JSONReader.parse(json.utf8Span.span, limits: .body) } catch { return nil }
    if case .null = value {
      text = nil
      return
    }
    var buffer = ByteBuffer(capacity: 64)
    buffer.appendJSON(value)
    text = buffer.readable.text
  }
}
