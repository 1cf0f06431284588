import JSON

extension TokenVerifier {
  /// Until when a token refused at the time `now` will be refused for the same reason, the keys being the same, in seconds since the
  /// epoch; `now` itself for a reason that is found without a look at the signature.
  ///
  /// Such a refusal may be remembered for that long.
  package func end(of rejection: TokenRejection, for token: Span<UInt8>, from now: Double) -> Double {
    switch rejection {
    case .signatureInvalid: return .infinity
    case .expired, .notYetValid, .issuedInFuture, .expiryMissing, .lifetimeExceeded, .subjectMissing, .audienceMismatch:
      do throws(TokenRejection) {
        let claims = try takeApart(token).registered
        guard let issuer = issuers.first(where: { $0.isNamed(claims.issuer) }) else { return now }
        return TokenValidity(claims, issuer: issuer).nextChange(after: now)
      } catch {
        return now
      }
    case .missing, .tooLarge, .malformed, .ambiguous, .typeRefused, .criticalUnsupported, .algorithmRefused,
      .issuerUnknown, .keyUnknown, .bindingFailed, .revoked, .keysUnavailable:
      return now
    }
  }

  /// True if a number stands where the token's subject should, and its issuer takes none there.
  package func isSubjectNumber(in token: Span<UInt8>) -> Bool {
    do throws(TokenRejection) {
      let unverified = try takeApart(token)
      let claimed = unverified.registered.issuer
      let names = issuers.first { $0.isNamed(claimed) }?.claims ?? .standard
      if names.takesNumericSubject { return false }
      return unverified.registered.hasNumericSubject || names.subject.value(in: unverified.claims)?.number != nil
    } catch {
      return false
    }
  }

  /// The reason for which these bytes are no token at all, whoever made them; nil if they may be one.
  ///
  /// The signature is not looked at.
  package func rejection(ofForm token: Span<UInt8>) -> TokenRejection? {
    do throws(TokenRejection) {
      _ = try takeApart(token)
      return nil
    } catch {
      return error
    }
  }
}
