package import JSON
import Synchronization

/// A token whose signature and claims have been found good; made by ``TokenVerifier`` only.
///
/// Good for as long as ``rejection(at:)`` says nothing and the keys and the configuration are the same. What its bearer may do is for
/// each route to say, each time.
package struct VerifiedToken: Sendable {
  /// A number that no other token has which this process has verified.
  package let serial: UInt64
  /// The place of its issuer in the list that the verifier was made with.
  package let issuerIndex: Int
  /// Reads the claims of the issuer's tokens.
  package let reader: ClaimReader
  /// Its claims and their meaning.
  package let reading: ClaimReading
  /// The times between which it is good.
  package let validity: TokenValidity
  /// The key or certificate that it is bound to, as ``TokenVerifier/verify(_:now:certificate:)`` judges it.
  package let binding: TokenBinding

  init(
    issuerIndex: Int, reader: ClaimReader, reading: ClaimReading, validity: TokenValidity, binding: TokenBinding
  ) {
    serial = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
    self.issuerIndex = issuerIndex
    self.reader = reader
    self.reading = reading
    self.validity = validity
    self.binding = binding
  }

  private static let count = Atomic<UInt64>(0)

  /// Its issuer's name; nil for the issuer whose tokens carry none.
  package var issuer: String? { reader.issuer }

  /// The one for whom it speaks; never empty.
  package var subject: String { reading.subject }

  /// Everything that it claims.
  package var claims: JSONObject { reading.claims }

  package var roles: [String] { reading.roles }

  package var scopes: [String] { reading.scopes }

  /// The end of the token's life, in seconds since the epoch, the leeway included; infinite for one without expiry.
  package var expiresAt: Double { validity.expiresAt }

  /// From when on it is good, in seconds since the epoch, if ``expiresAt`` hasn't come; infinite for one that never is.
  package var goodFrom: Double { validity.goodFrom }

  /// The reason why the token is not valid at the time `now` (seconds since the epoch), nil if it is.
  ///
  /// ``TokenRejection/expired``, ``TokenRejection/notYetValid``, ``TokenRejection/issuedInFuture`` or
  /// ``TokenRejection/lifetimeExceeded``; the last three only if the clock was set back.
  package func rejection(at now: Double) -> TokenRejection? { validity.rejection(at: now) }
}
