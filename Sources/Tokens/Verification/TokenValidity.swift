/// The time in which a token is good, by `exp`, `nbf` and `iat` (RFC 7519 §4.1) and the issuer's conditions.
///
/// Times are seconds since the epoch. The bounds have the leeway in them, so that a token kept for its next use is judged by four
/// comparisons.
package struct TokenValidity: Sendable {
  /// The first moment at which it has expired.
  package let expiresAt: Double
  private let notBefore: Double
  private let issuedAt: Double
  private let lacksExpiry: Bool
  /// The first moment from which it lives no longer than allowed; infinite if there is no such moment.
  private let lifetimeAllowedFrom: Double

  init(_ claims: RegisteredClaims, issuer: TrustedIssuer) {
    expiresAt = (claims.expiry ?? .infinity) + issuer.leeway
    notBefore = (claims.notBefore ?? 0) - issuer.allowedLead
    issuedAt = (claims.issuedAt ?? 0) - issuer.allowedLead
    lacksExpiry = claims.expiry == nil && issuer.requiresExpiry
    lifetimeAllowedFrom = Self.lifetimeAllowedFrom(claims, issuer: issuer)
  }

  /// The first moment that nothing but its end can speak against.
  package var goodFrom: Double { lacksExpiry ? .infinity : max(notBefore, issuedAt, lifetimeAllowedFrom) }

  /// The reason why the token is not valid at that time, nil if it is.
  package func rejection(at now: Double) -> TokenRejection? {
    if now >= expiresAt { return .expired }
    if now < notBefore { return .notYetValid }
    if now < issuedAt { return .issuedInFuture }
    if lacksExpiry { return .expiryMissing }
    if now < lifetimeAllowedFrom { return .lifetimeExceeded }
    return nil
  }

  /// The first moment after `now` at which ``rejection(at:)`` may say something else; infinite if there is none.
  func nextChange(after now: Double) -> Double {
    if now >= expiresAt { return .infinity }
    return [notBefore, issuedAt, lifetimeAllowedFrom].reduce(expiresAt) { $1 > now ? min($0, $1) : $0 }
  }

  /// The first moment from which the token lives no longer than the issuer's tokens may.
  ///
  /// A token lives from `iat` to `exp`. One that doesn't say when it was issued counts from now on: it is refused while more than
  /// the allowed time is left, and taken later. One without end lives too long.
  private static func lifetimeAllowedFrom(_ claims: RegisteredClaims, issuer: TrustedIssuer) -> Double {
    guard let maximum = issuer.maximumLifetime else { return -.infinity }
    guard let expiry = claims.expiry else { return .infinity }
    guard let issuedAt = claims.issuedAt else { return expiry - maximum - issuer.leeway }
    return expiry - issuedAt > maximum ? .infinity : -.infinity
  }
}

extension TrustedIssuer {
  /// The time by which `nbf` and `iat` may lie ahead, in seconds: at least as much as well-kept clocks differ.
  var allowedLead: Double { max(leeway, 5) }
}
