/// The reason why a request's token is refused, in the words of the response, the access log and the metrics.
///
/// If several apply, the first in this order is given.
package enum TokenRejection: String, Error, Sendable, Hashable, CaseIterable {
  case missing = "token_missing"
  case tooLarge = "token_too_large"
  case malformed = "token_malformed"
  case ambiguous = "token_ambiguous"
  case typeRefused = "token_type_refused"
  case criticalUnsupported = "crit_unsupported"
  case algorithmRefused = "algorithm_refused"
  case issuerUnknown = "issuer_unknown"
  case keyUnknown = "key_unknown"
  case signatureInvalid = "signature_invalid"
  case expired = "token_expired"
  case notYetValid = "token_not_yet_valid"
  case issuedInFuture = "issued_in_future"
  case expiryMissing = "expiry_missing"
  case lifetimeExceeded = "lifetime_exceeded"
  case subjectMissing = "subject_missing"
  case audienceMismatch = "audience_mismatch"
  /// It is bound to a key that its bearer has not shown to have, or it isn't bound though it must be.
  case bindingFailed = "token_binding_failed"
  case revoked = "token_revoked"
  /// Nothing against the token: the keys of its issuer have never been obtained. Given where ``keyUnknown`` would be.
  case keysUnavailable = "keys_unavailable"
}
