import Configuration
import JSON
import Tokens

/// What a route asks of those who are known (`require`). Looked at anew for each request; never kept with the token.
struct Requirements: Sendable {
  private let roles: [String]
  private let anyRole: [String]
  private let scope: [String]
  private let claims: [ClaimRequirement]
  private let issuers: [String]
  /// Whether everybody meets them.
  let isEmpty: Bool

  init(_ requirements: RouteRequirements) {
    roles = requirements.roles
    anyRole = requirements.anyRole
    scope = requirements.scope
    claims = requirements.claims
    issuers = requirements.issuers
    isEmpty = requirements.isEmpty
  }

  /// The first thing that the token lacks, nil if it has all.
  func refusal(of token: VerifiedToken) -> RejectionReason? {
    if isEmpty { return nil }
    if !roles.allSatisfy({ token.roles.holds($0) }) { return .roleMissing }
    if !anyRole.isEmpty, !anyRole.contains(where: { token.roles.holds($0) }) { return .roleMissing }
    if !scope.allSatisfy({ token.scopes.holds($0) }) { return .scopeMissing }
    if !claims.allSatisfy({ $0.isMet(by: token.claims[$0.name]) }) { return .claimMismatch }
    if !issuers.isEmpty, !(token.issuer.map { issuers.holds($0) } ?? false) { return .issuerNotAllowed }
    return nil
  }
}

extension [String] {
  /// Whether the word is in the list, as it is written.
  fileprivate func holds(_ word: String) -> Bool { contains { $0.equalsExactly(word) } }
}

extension ClaimRequirement {
  /// Whether the claim is one of the values allowed, or a list that holds one.
  fileprivate func isMet(by claim: JSONValue?) -> Bool {
    switch claim {
    case .array(let elements): elements.contains { allowed.contains($0) }
    case .null, .bool, .number, .string, .object: claim.map { allowed.contains($0) } ?? false
    case nil: false
    }
  }
}
