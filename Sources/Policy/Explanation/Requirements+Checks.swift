import Configuration
import Cryptography
import JSON
import Tokens

extension Requirements {
  /// One thing that a route asks for, and whether a caller's token or certificate shows it.
  struct Check {
    let name: String
    let reason: RejectionReason
    let isMet: Bool
    let sentence: String
  }

  /// Everything that is asked for, in the order in which it is looked at.
  ///
  /// - Parameters:
  ///   - identity: nil for a caller of whom none is asked.
  ///   - certificate: that of the caller; nil without.
  func checks(of identity: Identity?, _ certificate: ClientCertificate?, _ redaction: Redaction) -> [Check] {
    guard let identity, let token = identity.reading else { return checks(of: certificate, redaction) }
    var checks: [Check] = []
    let has = "the token has \(VisibleText.list(token.roles))"
    if !roles.isEmpty {
      checks.append(
        Check(
          name: "roles", reason: .roleMissing, isMet: hasRoles(identity),
          sentence: "all of \(VisibleText.list(roles)); \(has)"))
    }
    if !anyRole.isEmpty {
      checks.append(
        Check(
          name: "any_role", reason: .roleMissing, isMet: hasAnyRole(identity),
          sentence: "one of \(VisibleText.list(anyRole)); \(has)"))
    }
    if !scope.isEmpty {
      checks.append(
        Check(
          name: "scope", reason: .scopeMissing, isMet: hasScope(identity),
          sentence: "all of \(VisibleText.list(scope)); the token has \(VisibleText.list(token.scopes))"))
    }
    for claim in claims {
      let value = token.meaning(of: claim.path).json.map(redaction.json) ?? "nothing there"
      let allowed = claim.allowed.map(redaction.json).joined(separator: " or ")
      checks.append(
        Check(
          name: "claim", reason: .claimMismatch, isMet: claim.isMet(by: identity),
          sentence: "\(VisibleText.quoted(claim.path.text)) must be \(allowed); the token has \(value)"))
    }
    checks += self.checks(of: certificate, redaction)
    let issuer = identity.issuer.map(VisibleText.quoted) ?? "the accounts"
    if !issuers.isEmpty {
      checks.append(
        Check(
          name: "issuer", reason: .issuerNotAllowed, isMet: isFromIssuer(identity),
          sentence: "one of \(VisibleText.list(issuers)); the token is of \(issuer)"))
    }
    if isForAccounts {
      checks.append(
        Check(
          name: "issuer", reason: .issuerNotAllowed, isMet: isOwn(identity),
          sentence: "the accounts; the token is of \(issuer)"))
    }
    return checks
  }

  private func checks(of certificate: ClientCertificate?, _ redaction: Redaction) -> [Check] {
    certificateClaims.map { claim in
      let value = certificate.map { $0.meaning(of: claim.claim).json.map(redaction.json) ?? "nothing there" }
      let allowed = claim.allowed.map(redaction.json).joined(separator: " or ")
      let found = value.map { "the certificate has \($0)" } ?? "the client has proven no certificate"
      return Check(
        name: "claim", reason: .claimMismatch, isMet: claim.isMet(by: certificate),
        sentence: "\(VisibleText.quoted(claim.claim.rawValue)) must be \(allowed); \(found)")
    }
  }
}
