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
