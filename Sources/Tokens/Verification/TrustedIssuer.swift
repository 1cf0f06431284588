/// An issuer whose tokens are accepted, and the conditions for them.
package struct TrustedIssuer: Sendable {
  /// The `iss` of its tokens, to the octet; nil for the one issuer whose tokens carry no `iss`.
  package let name: String?
  /// The condition on `aud`.
  package let audience: AudienceRule
  /// The algorithms that its tokens may be signed with.
  package let algorithms: [SignatureAlgorithm]
  /// The distance that its clock may have from ours, in seconds.
  package let leeway: Double
  /// The longest life of its tokens, in seconds; nil for any time.
  package let maximumLifetime: Double?
  /// True if a token without `exp` is refused.
  package let requiresExpiry: Bool
  /// True if a string `user` serves where `sub` is absent: for the tokens of the gateway's own accounts.
  package let acceptsUserClaim: Bool
  /// True if a token that is bound to nothing is refused.
  package let requiresBinding: Bool
  /// The claims that hold the subject, the roles and the scope in its tokens.
  package let claims: ClaimNames
  /// The keys that prove a token to be its own; nil as long as they have never been obtained.
  package let keys: KeySet?

  package init(
    name: String?, audience: AudienceRule, algorithms: [SignatureAlgorithm], leeway: Double = 0,
    maximumLifetime: Double? = nil, requiresExpiry: Bool = true, acceptsUserClaim: Bool = false,
    requiresBinding: Bool = false, claims: ClaimNames = .standard, keys: KeySet?
  ) {
    self.name = name
    self.audience = audience
    self.algorithms = algorithms
    self.leeway = leeway
    self.maximumLifetime = maximumLifetime
    self.requiresExpiry = requiresExpiry
    self.acceptsUserClaim = acceptsUserClaim
    self.requiresBinding = requiresBinding
    self.claims = claims
    self.keys = keys
  }

  /// The same issuer with other keys.
  package func with(keys: KeySet?) -> TrustedIssuer {
    TrustedIssuer(
      name: name, audience: audience, algorithms: algorithms, leeway: leeway, maximumLifetime: maximumLifetime,
      requiresExpiry: requiresExpiry, acceptsUserClaim: acceptsUserClaim,
      requiresBinding: requiresBinding, claims: claims, keys: keys)
  }
}

/// The condition on the audience that an issuer's tokens name (RFC 7519 §4.1.3).
package enum AudienceRule: Sendable, Hashable {
  /// Anything, or nothing.
  case any
  /// At least one of these.
  case oneOf([String])
  /// Nothing: a token with an audience is for another program.
  case absent
}
