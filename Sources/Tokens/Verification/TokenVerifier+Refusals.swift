extension TokenVerifier {
  /// Until when a token refused at the time `now` will be refused for the same reason, the keys being the same, in seconds since the
  /// epoch; `now` itself for a reason that is found without a look at the signature.
  ///
  /// Such a refusal may be remembered for that long.
  package func end(of rejection: TokenRejection, for token: Span<UInt8>, from now: Double) -> Double {
    switch rejection {
    case .signatureInvalid: return .infinity
    case .expired, .notYetValid, .issuedInFuture, .expiryMissing, .lifetimeExceeded, .subjectMissing, .audienceMismatch:
      do throws(TokenFlaw) {
        let claims = try UnverifiedToken(token).registered
        guard let issuer = issuers.first(where: { $0.isNamed(claims.issuer) }) else { return now }
        return TokenValidity(claims, issuer: issuer).nextChange(after: now)
      } catch {
        return now
      }
    case .missing, .malformed, .ambiguous, .typeRefused, .criticalUnsupported, .algorithmRefused, .issuerUnknown,
      .keyUnknown, .revoked, .keysUnavailable:
      return now
    }
  }

  /// True if these bytes are no token at all, whoever made them; the signature is not looked at.
  package static func isMalformed(_ token: Span<UInt8>) -> Bool {
    do throws(TokenFlaw) {
      _ = try UnverifiedToken(token)
      return false
    } catch {
      return true
    }
  }
}
