package import Accounts
import Bytes
import Configuration
import Cryptography
import JSON
package import Tokens

/// Makes the tokens of the gateway's own accounts, and says how they are verified.
///
/// Immutable; for any thread.
package struct AccountTokens: Sendable {
  /// What verifies the tokens: the accounts as one of those whose tokens are taken.
  package let issuer: TrustedIssuer
  /// How long a token lives unless said otherwise, in seconds.
  package let lifetime: Int
  private let algorithm: SignatureAlgorithm
  private let secret: SharedSecret
  private let keyIdentifier: String
  private let audience: [String]

  /// - Parameters:
  ///   - contents: of the secret's file.
  ///   - leeway: by how much clocks may differ, in seconds.
  /// - Throws: why the secret can't be used.
  init(_ accounts: AccountsConfiguration, secret contents: Span<UInt8>, leeway: Double) throws(KeyError) {
    // The loader takes no other algorithms here.
    algorithm = SignatureAlgorithm(name: accounts.signing.algorithm.rawValue) ?? .hs256
    secret = try SharedSecret(file: contents)
    keyIdentifier = try secret.identifier()
    audience = accounts.audience
    lifetime = Int(clamping: accounts.accessTokenTTL.components.seconds)
    // The key has no `kid`: what another program signs with the same secret may name any, or none.
    issuer = TrustedIssuer(
      name: accounts.issuer?.value, audience: audience.isEmpty ? .absent : .oneOf(audience), algorithms: [algorithm],
      leeway: leeway, acceptsUserClaim: true,
      keys: try KeySet([try VerificationKey(secret: secret, algorithms: [algorithm])]))
  }

  /// A token for the account, as compact JWS of the type `at+jwt` (RFC 9068).
  ///
  /// - Parameters:
  ///   - session: whether it begins a session, and so has a `sid`.
  ///   - scope: its words; none, and no such claim, unless given.
  ///   - lifetime: in seconds; ``lifetime`` unless given.
  ///   - now: seconds since 1970.
  /// - Throws: when libcrypto has no random bytes or no HMAC.
  package func issue(
    to account: Account, session: Bool, scope: String? = nil, lifetime: Int? = nil, now: Double
  ) throws -> [UInt8] {
    let issued = Int(exactly: now.rounded(.down)) ?? 0
    var claims = JSONObject()
    if let name = issuer.name { claims["iss"] = .string(name) }
    claims["sub"] = .string(account.name)
    claims["user"] = .string(account.name)
    if let only = audience.first {
      claims["aud"] = audience.count == 1 ? .string(only) : .array(audience.map(JSONValue.string))
    }
    claims["iat"] = .number(JSONNumber(issued))
    claims["exp"] = .number(JSONNumber(issued.addingReportingOverflow(lifetime ?? self.lifetime).partialValue))
    claims["jti"] = .string(try Self.identifier())
    if session { claims["sid"] = .string(try Self.identifier()) }
    claims["roles"] = .array(account.roles.map(JSONValue.string))
    if let scope { claims["scope"] = .string(scope) }
    return try TokenSigner(algorithm: algorithm, secret: secret, keyIdentifier: keyIdentifier).sign(claims)
  }

  private static func identifier() throws -> String {
    let bytes = try SecureRandom.bytes(16)
    var text = ByteBuffer(capacity: 32)
    Base64URL.encode(bytes.span, into: &text)
    return text.readable.text
  }
}
