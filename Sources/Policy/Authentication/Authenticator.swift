import Bytes
import Configuration
import Cryptography
import HTTP
package import Tokens

/// Turns tokens into identities, and remembers those seen last.
///
/// Confined to one worker.
///
/// The cache holds the identities that tokens prove, under the keys and the configuration that it was made for, never a route's
/// decision. A changed configuration gets an authenticator of its own, so nothing outlives the keys that proved it.
package final class Authenticator {
  private let verifier: TokenVerifier
  private let lines: [IdentityRecord.Line]
  /// The claims that routes ask for.
  private let claims: [ClaimPath]
  private let cache = Confined(TokenCache<IdentityRecord>(byteCountMax: 16 * 1024 * 1024))
  /// Tokens that were refused after a look at their signature, and will be for a while: a repeated one costs no second look.
  private let refusals = Confined(TokenCache<Refusal>(byteCountMax: 4 * 1024 * 1024))

  /// A refusal, and from when until when it is the right one, in seconds since the epoch: the clock may be set back.
  private final class Refusal: TokenKeeper {
    let reason: TokenRejection
    let moments: Range<Double>
    private let token: [UInt8]

    init(_ reason: TokenRejection, of token: [UInt8], during moments: Range<Double>) {
      self.reason = reason
      self.moments = moments
      self.token = token
    }

    func isFor(_ token: Span<UInt8>) -> Bool {
      let known = self.token
      return known.span.equals(token)
    }

    var heldByteCount: Int {
      Allocation.byteCount(ofObject: 40) + Allocation.byteCount(ofArray: token.capacity)
    }
  }

  /// An authenticator for the issuers that the policy's configuration trusts, in its order, with their keys.
  ///
  /// - Throws: what `TokenVerifier` throws.
  package init(issuers: [TrustedIssuer], policy: Policy) throws(KeyError) {
    verifier = try TokenVerifier(issuers: issuers, byteCountMax: policy.tokenByteCountMax)
    lines = policy.identityHeaders.filter { $0.certificateClaim == nil }.map {
      IdentityRecord.Line(name: Array($0.name.utf8), claim: ClaimPath($0.claim))
    }
    claims = policy.requiredClaims
  }

  /// Prefetches the cache's entry of a request's token, if it stands in the usual field, while the route is looked up.
  func prefetch(for head: borrowing RequestHead) {
    guard let line = head.fields.first(.authorization) else { return }
    cache.value.prefetch(cache.value.hash(of: head.fields.value(at: line)))
  }

  /// Verifies a token and returns the identity that it proves.
  ///
  /// - Parameters:
  ///   - now: seconds since the epoch.
  ///   - certificate: that of the client, proven by the request's connection; nil without. It is asked for anew each time: of the
  ///     token alone what it is bound to is remembered.
  func identity(
    for token: Span<UInt8>, now: Double, certificate: ClientCertificate?
  ) throws(TokenRejection) -> Identity {
    let hash = cache.value.hash(of: token)
    if let known = cache.value.value(for: token, hash: hash, generation: 0) {
      if !known.isGood(at: now),
        let rejection = known.rejection(at: now, certificate: certificate?.bindingThumbprint)
      {
        throw rejection
      }
      return Identity(known)
    }
    let refusalHash = refusals.value.hash(of: token)
    if let refusal = refusals.value.value(for: token, hash: refusalHash, generation: 0),
      refusal.moments.contains(now)
    {
      throw refusal.reason
    }
    do throws(TokenRejection) {
      let verified = try verifier.verifyButBinding(token, now: now)
      let record = IdentityRecord.make(verified, text: token, lines: lines, claims: claims)
      cache.value.insert(record, for: token, hash: hash, generation: 0)
      if !record.isGood(at: now),
        let rejection = record.rejection(at: now, certificate: certificate?.bindingThumbprint)
      {
        throw rejection
      }
      return Identity(record)
    } catch {
      let end = verifier.end(of: error, for: token, from: now)
      if end > now {
        let refusal = Refusal(error, of: token.array, during: now..<end)
        refusals.value.insert(refusal, for: token, hash: refusalHash, generation: 0)
      }
      throw error
    }
  }

  /// The reason for which the bytes are no token at all, whoever made them; nil if they may be one.
  func rejection(ofForm token: Span<UInt8>) -> TokenRejection? { verifier.rejection(ofForm: token) }

  /// True if the token was refused because a number stands where its subject should.
  func isSubjectNumber(in token: Span<UInt8>, after rejection: TokenRejection) -> Bool {
    (rejection == .malformed || rejection == .subjectMissing) && verifier.isSubjectNumber(in: token)
  }

  /// The identity that a client's certificate proves.
  func identity(of certificate: ClientCertificate) -> Identity { Identity(IdentityRecord.make(certificate)) }

  /// The identity that a token without a binding proves; nil for one that is refused.
  ///
  /// - Parameter now: seconds since the epoch.
  package func identity(of token: Span<UInt8>, now: Double) -> Identity? {
    do throws(TokenRejection) { return try identity(for: token, now: now, certificate: nil) } catch { return nil }
  }

  /// True if a good token was taken back; nil for one that is refused anyway.
  ///
  /// - Parameter now: seconds since the epoch.
  package func isRevoked(_ token: Span<UInt8>, now: Double, _ revocations: Revocations) -> Bool? {
    identity(of: token, now: now).map { revocations.include($0) }
  }

  /// Runs all checks of a token, for people to read.
  ///
  /// - Parameter certificate: that of the client; nil without.
  func inspection(of token: Span<UInt8>, now: Double, certificate: ClientCertificate?) -> TokenInspection {
    TokenInspection(token, verifier: verifier, now: now, certificate: certificate?.bindingThumbprint)
  }

  /// The issuer, by its place, of whom the token needs a key that isn't there; nil for a token refused for anything else.
  func issuer(missedBy token: Span<UInt8>, after rejection: TokenRejection) -> Int? {
    switch rejection {
    case .keyUnknown, .keysUnavailable: verifier.issuerIndex(of: token)
    case .missing, .tooLarge, .malformed, .ambiguous, .typeRefused, .criticalUnsupported, .algorithmRefused,
      .issuerUnknown,
      .signatureInvalid, .expired, .notYetValid, .issuedInFuture, .expiryMissing, .lifetimeExceeded, .subjectMissing,
      .audienceMismatch, .bindingFailed, .revoked:
      nil
    }
  }
}
