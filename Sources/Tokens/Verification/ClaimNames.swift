package import JSON

/// Where an issuer's tokens say what a gateway asks of them.
package struct ClaimNames: Sendable, Hashable {
  /// Whom the token speaks for.
  package let subject: ClaimPath
  package let roles: ClaimPath
  package let scope: ClaimPath

  package init(
    subject: ClaimPath = ClaimPath("sub"), roles: ClaimPath = ClaimPath("roles"), scope: ClaimPath = ClaimPath("scope")
  ) {
    self.subject = subject
    self.roles = roles
    self.scope = scope
  }

  /// The names of RFC 7519, RFC 9068 and RFC 8693: `sub`, `roles`, `scope`.
  package static let standard = ClaimNames()
}

/// A claim, or a member of an object that is one: `roles`, `realm_access` and in it `roles`.
package struct ClaimPath: Sendable, Hashable {
  /// The names from the outermost to the innermost; at least one.
  package let names: [String]

  package init(_ name: String, _ inner: String...) { names = [name] + inner }

  /// Nil without a name.
  package init?(_ names: [String]) {
    guard !names.isEmpty else { return nil }
    self.names = names
  }

  /// What the claims have there; nil for nothing.
  package func value(in claims: JSONObject) -> JSONValue? {
    var object = claims
    for name in names.dropLast() {
      guard let inner = object[name]?.object else { return nil }
      object = inner
    }
    return names.last.flatMap { object[$0] }
  }
}
