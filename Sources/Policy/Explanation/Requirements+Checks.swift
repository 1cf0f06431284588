import Configuration
import JSON
import Tokens

extension Requirements {
  /// One thing that a route asks for, and whether a token shows it.
  struct Check {
    let name: String
    let reason: RejectionReason
    let isMet: Bool
    let sentence: String
  }

  /// Everything that is asked for, in the order in which it is looked at.
  func checks(of token: VerifiedToken, _ redaction: Redaction) -> [Check] {
    var checks: [Check] = []
    let has = "the token has \(VisibleText.list(token.roles))"
    if !roles.isEmpty {
      checks.append(
        Check(
          name: "roles", reason: .roleMissing, isMet: hasRoles(token),
          sentence: "all of \(VisibleText.list(roles)); \(has)"))
    }
    if !anyRole.isEmpty {
      checks.append(
        Check(
          name: "any_role", reason: .roleMissing, isMet: hasAnyRole(token),
          sentence: "one of \(VisibleText.list(anyRole)); \(has)"))
    }
    if !scope.isEmpty {
      checks.append(
        Check(
          name: "scope", reason: .scopeMissing, isMet: hasScope(token),
          sentence: "all of \(VisibleText.list(scope)); the token has \(VisibleText.list(token.scopes))"))
    }
    for claim in claims {
      let value = claim.path.value(in: token.claims).map(redaction.json) ?? "nothing there"
      let allowed = claim.allowed.map(redaction.json).joined(separator: " or ")
      checks.append(
        Check(
          name: "claim", reason: .claimMismatch, isMet: claim.isMet(by: token),
          sentence: "\(VisibleText.quoted(claim.path.text)) must be \(allowed); the token has \(value)"))
    }
    let issuer = token.issuer.map(VisibleText.quoted) ?? "the accounts"
    if !issuers.isEmpty {
      checks.append(
        Check(
          name: "issuer", reason: .issuerNotAllowed, isMet: isFromIssuer(token),
          sentence: "one of \(VisibleText.list(issuers)); the token is of \(issuer)"))
    }
    if isForAccounts {
      checks.append(
        Check(
          name: "issuer", reason: .issuerNotAllowed, isMet: isOwn(token),
          sentence: "the accounts; the token is of \(issuer)"))
    }
    return checks
  }
}
