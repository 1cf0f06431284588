import Bytes
import Configuration
import HTTP
package import Tokens

/// Turns tokens into identities, and remembers those seen last.
///
/// Confined to one worker.
///
/// What it remembers is who a token proves its bearer to be, under the keys and the configuration that it was made for:
/// never what a route decided. A changed configuration gets an authenticator of its own, so nothing outlives the keys
/// that proved it.
package final class Authenticator {
  private let verifier: TokenVerifier
  private let headers: [IdentityHeader]
  private let cache = Confined(TokenCache<Identity>())

  /// An authenticator for the issuers that the policy's configuration trusts, in its order, with their keys.
  ///
  /// - Throws: what `TokenVerifier` throws.
  package init(issuers: [TrustedIssuer], policy: Policy) throws(KeyError) {
    verifier = try TokenVerifier(issuers: issuers)
    headers = policy.identityHeaders
  }

  /// Who the token proves its bearer to be.
  ///
  /// - Parameter now: seconds since the epoch.
  func identity(for token: Span<UInt8>, now: Double) throws(TokenRejection) -> Identity {
    let hash = cache.value.hash(of: token)
    if let known = cache.value.value(for: token, hash: hash, generation: 0) {
      if let rejection = known.token.rejection(at: now) { throw rejection }
      return known
    }
    let identity = Identity(try verifier.verify(token, now: now), headers: headers)
    cache.value.insert(identity, for: token, hash: hash, generation: 0)
    return identity
  }

  /// Whether these bytes are no token at all, whoever might have made it.
  func isMalformed(_ token: Span<UInt8>, now: Double) -> Bool {
    do throws(TokenRejection) {
      _ = try verifier.verify(token, now: now)
      return false
    } catch {
      return error == .malformed
    }
  }
}
