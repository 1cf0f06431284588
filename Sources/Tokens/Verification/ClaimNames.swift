package import JSON

/// The claims that hold what the gateway reads from an issuer's tokens.
package struct ClaimNames: Sendable, Hashable {
  /// The claim that names the subject.
  package let subject: ClaimPath
  package let roles: ClaimPath
  package let scope: ClaimPath
  /// True if a whole number may name the subject; its digits are then the name.
  package let takesNumericSubject: Bool
  /// True if the subject is where RFC 7519 has it.
  let hasUsualSubject: Bool

  package init(
    subject: ClaimPath = ClaimPath("sub"), roles: ClaimPath = ClaimPath("roles"),
    scope: ClaimPath = ClaimPath("scope"), takesNumericSubject: Bool = false
  ) {
    self.subject = subject
    self.roles = roles
    self.scope = scope
    self.takesNumericSubject = takesNumericSubject
    hasUsualSubject = subject == ClaimPath("sub")
  }

  /// The names of RFC 7519, RFC 9068 and RFC 8693: `sub`, `roles`, `scope`.
  package static let standard = ClaimNames()
}

/// The place of a value in a token's claims: a claim by its whole name, `https://example.com/roles`, or else a member of objects
/// with dots between the names, `realm_access.roles`.
///
/// The claim of the whole name comes first, so a name with dots in it can be said too.
package struct ClaimPath: Sendable, Hashable {
  /// As it was given; not empty.
  package let text: String
  /// The names between the dots; one of them without.
  private let names: [String]

  package init(_ text: String) {
    self.text = text
    names = text.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
  }

  /// The value at that place of the claims; nil for none.
  package func value(in claims: JSONObject) -> JSONValue? {
    if let value = claims[text] { return value }
    guard names.count > 1 else { return nil }
    if names.count == 1 { return claims[names[0]] }
    var object = claims
    for name in names.dropLast() {
      guard let inner = object[name]?.object else { return nil }
      object = inner
    }
    return names.last.flatMap { object[$0] }
  }
}
