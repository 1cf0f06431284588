import Bytes
import Configuration
import Cryptography
import JSON
import Tokens

/// The conditions that a route sets for the callers' tokens and certificates (`require`).
///
/// Looked at anew for each request; never kept with the token.
struct Requirements: Sendable {
  let roles: [String]
  let anyRole: [String]
  let scope: [String]
  let claims: [RequiredClaim]
  /// The conditions for the callers' certificates, which are judged whatever the route's authentication is.
  let certificateClaims: [RequiredCertificateClaim]
  let issuers: [String]
  let isForAccounts: Bool
  /// The issuer of the accounts' tokens, which are the only ones taken if ``isForAccounts``; nil for tokens without `iss`.
  private let accountIssuer: String?
  /// True if there are none, so that every caller meets them.
  let isEmpty: Bool

  init(_ requirements: RouteRequirements) {
    roles = requirements.roles
    anyRole = requirements.anyRole
    scope = requirements.scope
    claims = requirements.claims.filter { $0.certificateClaim == nil }.map {
      RequiredClaim(path: ClaimPath($0.name), allowed: $0.allowed)
    }
    certificateClaims = requirements.claims.compactMap { claim in
      claim.certificateClaim.map { RequiredCertificateClaim(claim: $0, allowed: claim.allowed) }
    }
    issuers = requirements.issuers
    isForAccounts = false
    accountIssuer = nil
    isEmpty = requirements.isEmpty
  }

  /// Asks for one of the accounts' own tokens and nothing else.
  ///
  /// No two trusted issuers have one name, or none.
  init(accountIssuer: String?) {
    let none = RouteRequirements()
    (roles, anyRole, scope, claims, issuers) = (none.roles, none.anyRole, none.scope, [], none.issuers)
    certificateClaims = []
    isForAccounts = true
    self.accountIssuer = accountIssuer
    isEmpty = false
  }

  /// The first thing that the caller's token or certificate lacks, nil if they have all.
  ///
  /// An empty list of conditions does not touch the identity, which may not be in the processor's cache.
  func refusal(of identity: Identity, _ certificate: ClientCertificate?) -> RejectionReason? {
    isEmpty ? nil : lack(of: identity, certificate)
  }

  /// The same for a caller of whom no token is asked.
  func refusal(of certificate: ClientCertificate?) -> RejectionReason? {
    certificateClaims.allSatisfy { $0.isMet(by: certificate) } ? nil : .claimMismatch
  }

  private func lack(of identity: Identity, _ certificate: ClientCertificate?) -> RejectionReason? {
    if !hasRoles(identity) || !hasAnyRole(identity) { return .roleMissing }
    if !hasScope(identity) { return .scopeMissing }
    if !claims.allSatisfy({ $0.isMet(by: identity) }) { return .claimMismatch }
    if let reason = refusal(of: certificate) { return reason }
    if !isFromIssuer(identity) || isForAccounts && !isOwn(identity) { return .issuerNotAllowed }
    return nil
  }

  func hasRoles(_ identity: Identity) -> Bool { roles.allSatisfy { identity.hasRole($0) } }

  func hasAnyRole(_ identity: Identity) -> Bool { anyRole.isEmpty || anyRole.contains { identity.hasRole($0) } }

  func hasScope(_ identity: Identity) -> Bool { scope.allSatisfy { identity.hasScope($0) } }

  func isFromIssuer(_ identity: Identity) -> Bool {
    issuers.isEmpty || identity.issuer.map { issuers.holds($0) } ?? false
  }

  func isOwn(_ identity: Identity) -> Bool {
    guard let issuer = identity.issuer, let accountIssuer else { return identity.issuer == nil && accountIssuer == nil }
    return issuer.equalsExactly(accountIssuer)
  }
}

extension [String] {
  /// True if the word is in the list, as it is written.
  fileprivate func holds(_ word: String) -> Bool { contains { $0.utf8Span.span.equals(word.utf8Span.span) } }
}

/// A claim and the values that it may have.
struct RequiredClaim: Sendable {
  let path: ClaimPath
  /// Not empty.
  let allowed: [JSONValue]
  /// The same as they are kept of tokens.
  private let packed: [[UInt8]]

  init(path: ClaimPath, allowed: [JSONValue]) {
    self.path = path
    self.allowed = allowed
    packed = allowed.compactMap(\.packedScalar)
  }

  /// True if the claim is one of the values allowed, or a list that holds one.
  func isMet(by identity: Identity) -> Bool { identity.hasClaim(path.text, amongPacked: packed) }
}

/// A fact about certificates and the values that it may have.
struct RequiredCertificateClaim: Sendable {
  let claim: CertificateClaim
  /// Not empty.
  let allowed: [JSONValue]
  private let packed: [[UInt8]]

  init(claim: CertificateClaim, allowed: [JSONValue]) {
    self.claim = claim
    self.allowed = allowed
    packed = allowed.compactMap(\.packedScalar)
  }

  /// True if the certificate shows one of the values allowed; never without one.
  func isMet(by certificate: ClientCertificate?) -> Bool {
    guard let certificate else { return false }
    let values = certificate.meaning(of: claim).packedScalars
    return packed.contains { values.span.holds(packed: $0.span) }
  }
}
