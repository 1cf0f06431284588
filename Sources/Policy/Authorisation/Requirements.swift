import Bytes
import Configuration
import JSON
import Tokens

/// What a route asks of those who are known (`require`).
///
/// Looked at anew for each request; never kept with the token.
struct Requirements: Sendable {
  let roles: [String]
  let anyRole: [String]
  let scope: [String]
  let claims: [RequiredClaim]
  let issuers: [String]
  let isForAccounts: Bool
  /// The issuer of the accounts' tokens, which are the only ones taken if ``isForAccounts``; nil for tokens without `iss`.
  private let accountIssuer: String?
  /// Whether everybody meets them.
  let isEmpty: Bool

  init(_ requirements: RouteRequirements) {
    roles = requirements.roles
    anyRole = requirements.anyRole
    scope = requirements.scope
    claims = requirements.claims.map { RequiredClaim(path: ClaimPath($0.name), allowed: $0.allowed) }
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
    isForAccounts = true
    self.accountIssuer = accountIssuer
    isEmpty = false
  }

  /// The first thing that the caller's token lacks, nil if it has all.
  ///
  /// Where nothing is asked, the token isn't touched: it may have to be fetched from far away.
  func refusal(of identity: Identity) -> RejectionReason? { isEmpty ? nil : refusal(of: identity.token) }

  private func refusal(of token: VerifiedToken) -> RejectionReason? {
    if !hasRoles(token) || !hasAnyRole(token) { return .roleMissing }
    if !hasScope(token) { return .scopeMissing }
    if !claims.allSatisfy({ $0.isMet(by: token) }) { return .claimMismatch }
    if !isFromIssuer(token) || isForAccounts && !isOwn(token) { return .issuerNotAllowed }
    return nil
  }

  func hasRoles(_ token: VerifiedToken) -> Bool { roles.allSatisfy { token.roles.holds($0) } }

  func hasAnyRole(_ token: VerifiedToken) -> Bool {
    anyRole.isEmpty || anyRole.contains { token.roles.holds($0) }
  }

  func hasScope(_ token: VerifiedToken) -> Bool { scope.allSatisfy { token.scopes.holds($0) } }

  func isFromIssuer(_ token: VerifiedToken) -> Bool {
    issuers.isEmpty || token.issuer.map { issuers.holds($0) } ?? false
  }

  func isOwn(_ token: VerifiedToken) -> Bool {
    guard let issuer = token.issuer, let accountIssuer else { return token.issuer == nil && accountIssuer == nil }
    return issuer.equalsExactly(accountIssuer)
  }
}

extension [String] {
  /// Whether the word is in the list, as it is written.
  fileprivate func holds(_ word: String) -> Bool { contains { $0.utf8Span.span.equals(word.utf8Span.span) } }
}

/// A claim and the values that it may have.
struct RequiredClaim: Sendable {
  let path: ClaimPath
  /// Not empty.
  let allowed: [JSONValue]

  /// Whether the claim is one of the values allowed, or a list that holds one.
  func isMet(by token: VerifiedToken) -> Bool {
    let claim = path.value(in: token.claims)
    return switch claim {
    case .array(let elements): elements.contains { allowed.contains($0) }
    case .null, .bool, .number, .string, .object: claim.map { allowed.contains($0) } ?? false
    case nil: false
    }
  }
}
