/// Whose tokens are taken, and under which conditions.
package struct TrustedIssuer: Sendable {
  /// What `iss` must be, to the octet; nil for the one issuer whose tokens carry no `iss`.
  package let name: String?
  /// What `aud` must be.
  package let audience: AudienceRule
  /// The algorithms that its tokens may be signed with.
  package let algorithms: [SignatureAlgorithm]
  /// How far its clock may be from ours, in seconds.
  package let leeway: Double
  /// How long its tokens may live, in seconds; nil for any time.
  package let maximumLifetime: Double?
  /// Whether a token without `exp` is refused.
  package let requiresExpiry: Bool
  /// Whether a string `user` serves where `sub` is absent: for the tokens of the gateway's own accounts.
  package let acceptsUserClaim: Bool
  /// Where its tokens say for whom they speak, and what for.
  package let claims: ClaimNames
  /// The keys that prove a token to be its own; nil as long as they have never been obtained.
  package let keys: KeySet?

  package init(
    name: String?, audience: AudienceRule, algorithms: [SignatureAlgorithm], leeway: Double = 0,
    maximumLifetime: Double? = nil, requiresExpiry: Bool = true, acceptsUserClaim: Bool = false,
    claims: ClaimNames = .standard, keys: KeySet?
  ) {
    self.name = name
    self.audience = audience
    self.algorithms = algorithms
    self.leeway = leeway
    self.maximumLifetime = maximumLifetime
    self.requiresExpiry = requiresExpiry
    self.acceptsUserClaim = acceptsUserClaim
    self.claims = claims
    self.keys = keys
  }

  /// The same issuer with other keys.
  package func with(keys: KeySet?) -> TrustedIssuer {
    TrustedIssuer(
      name: name, audience: audience, algorithms: algorithms, leeway: leeway, maximumLifetime: maximumLifetime,
      requiresExpiry: requiresExpiry, acceptsUserClaim: acceptsUserClaim, claims: claims, keys: keys)
  }
}

/// What an issuer's tokens must say of whom they are for (RFC 7519 §4.1.3).
package enum AudienceRule: Sendable, Hashable {
  /// Anything, or nothing.
  case any
  /// At least one of these.
  case oneOf([String])
  /// Nothing: a token made for somebody is not for us.
  case absent
}
