package import Accounts
import Bytes
import Configuration
import Cryptography
import JSON
import Signing
package import Tokens

/// Makes the tokens of the gateway's own accounts, and says how they are verified.
///
/// For any thread. Where keys are rotated, it goes with them.
package struct AccountTokens: Sendable {
  /// The lifetime of a token unless said otherwise, in seconds.
  package let lifetime: Int
  private let issuerName: String?
  private let audience: [String]
  /// By how much clocks may differ, in seconds.
  private let leeway: Double
  private let keys: Keys

  /// The keys that sign and verify.
  enum Keys: Sendable {
    /// One secret for both.
    case secret(SigningKey, KeySet)
    /// The key pairs of a directory, as they are now.
    case directory(SigningSource)
  }

  init(_ accounts: AccountsConfiguration, _ keys: Keys, leeway: Double) {
    self.keys = keys
    self.leeway = leeway
    issuerName = accounts.issuer?.value
    audience = accounts.audience
    lifetime = Int(clamping: accounts.accessTokenTTL.components.seconds)
  }

  /// The time for which a token may be accepted after it was issued, in seconds: its lifetime, and what clocks may differ by.
  var acceptanceTime: Int { Int(clamping: Int64(lifetime) + Int64(leeway.rounded(.up)) + 60) }

  /// The accounts as an issuer, with the keys that verify their tokens now.
  package var issuer: TrustedIssuer {
    let verification: KeySet
    let algorithms: [SignatureAlgorithm]
    switch keys {
    case .secret(let key, let set): (verification, algorithms) = (set, [key.algorithm])
    case .directory(let source):
      let known = source.keys
      (verification, algorithms) = (known.published, known.algorithms)
    }
    return TrustedIssuer(
      name: issuerName, audience: audience.isEmpty ? .absent : .oneOf(audience), algorithms: algorithms,
      leeway: leeway, acceptsUserClaim: true, keys: verification)
  }

  /// A token for the account, as compact JWS of the type `at+jwt` (RFC 9068).
  ///
  /// With an RSA key that takes a good part of a millisecond: not for a loop's thread.
  ///
  /// - Parameters:
  ///   - session: its `sid`; nil for a token without a session.
  ///   - scope: its words; those of the account unless given.
  ///   - lifetime: in seconds; ``lifetime`` unless given.
  ///   - now: seconds since 1970.
  /// - Throws: when libcrypto has no random bytes or can't sign.
  package func issue(
    to account: Account, session: String?, scope: String? = nil, lifetime: Int? = nil, now: Double
  ) throws -> [UInt8] {
    let issued = Int(exactly: now.rounded(.down)) ?? 0
    let lifetime = lifetime ?? self.lifetime
    var claims = JSONObject()
    if let issuerName { claims["iss"] = .string(issuerName) }
    claims["sub"] = .string(account.name)
    claims["user"] = .string(account.name)
    if let only = audience.first {
      claims["aud"] = audience.count == 1 ? .string(only) : .array(audience.map(JSONValue.string))
    }
    claims["iat"] = .number(JSONNumber(issued))
    claims["exp"] = .number(JSONNumber(issued.addingReportingOverflow(lifetime).partialValue))
    claims["jti"] = .string(try Self.identifier())
    if let session { claims["sid"] = .string(session) }
    claims["roles"] = .array(account.roles.map(JSONValue.string))
    let scope = scope ?? account.scope
    if !scope.isEmpty { claims["scope"] = .string(scope) }
    for claim in account.claims where claims[claim.name] == nil && !ReservedClaims.contains(claim.name) {
      claims[claim.name] = try JSONReader.parse(claim.json.utf8Span.span, limits: .body)
    }
    switch keys {
    case .secret(let key, _): return try TokenSigner(key).sign(claims)
    case .directory(let source):
      var key = source.signer(at: issued)
      if lifetime > self.lifetime {
        // The key must not be forgotten before such a token ends: one that signs after this is noted will not be.
        let (whole, _) = lifetime.addingReportingOverflow(Int(leeway.rounded(.up)))
        try source.directory.note(lifetime: whole, now: issued)
        if let keys = try source.directory.read(now: issued) { key = keys.current }
      }
      return try TokenSigner(key).sign(claims)
    }
  }

  private static func identifier() throws -> String {
    let bytes = try SecureRandom.bytes(16)
    var text = ByteBuffer(capacity: 32)
    Base64URL.encode(bytes.span, into: &text)
    return text.readable.text
  }
}
