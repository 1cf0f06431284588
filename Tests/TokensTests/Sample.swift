import Bytes
import Cryptography
import JSON
import Tokens

/// Tokens as an issuer, or an attacker, would make them, and what a gateway with a usual configuration says to them.
enum Sample {
  static let now: Double = 1_700_000_000
  static let issuerName = "https://login.example.com/"
  static let secret = Array("a secret of more than sixty-four bytes, so that it serves HS512 as well".utf8)
  static let header = #"{"alg":"HS256","typ":"JWT"}"#
  static let payload = payload()

  /// The claims of a good token, with some replaced (nil: left out) and others added; values are JSON texts.
  static func payload(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
    var claims: [(String, String?)] = [
      ("iss", "\"\(issuerName)\""), ("sub", #""alice""#), ("aud", #""orders""#), ("iat", "1699999900"),
      ("exp", "1700000600"),
    ]
    for (name, value) in changes {
      if let place = claims.firstIndex(where: { $0.0 == name }) {
        claims[place].1 = value
      } else {
        claims.append((name, value))
      }
    }
    return "{" + claims.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",") + "}"
  }

  /// A token of these two JSON texts, signed with `secret` whatever the header says.
  static func token(
    _ header: String = Sample.header, _ payload: String = Sample.payload, hash: HashFunction = .sha256,
    secret: [UInt8] = Sample.secret
  ) -> [UInt8] {
    signed(encoded(Array(header.utf8)) + "." + encoded(Array(payload.utf8)), hash: hash, secret: secret)
  }

  /// Anything, with a dot and its signature behind it.
  static func signed(_ text: String, hash: HashFunction = .sha256, secret: [UInt8] = Sample.secret) -> [UInt8] {
    let message = Array(text.utf8)
    var tag = ByteBuffer()
    do {
      try HMAC(hash, key: secret.span).authenticate(message.span, into: &tag)
    } catch {
      return []
    }
    return message + [UInt8(ascii: ".")] + Array(encoded(tag.readable.array).utf8)
  }

  static func encoded(_ bytes: [UInt8]) -> String {
    var text = ByteBuffer()
    Base64URL.encode(bytes.span, into: &text)
    return text.text
  }

  static func key(
    _ identifier: String? = nil, secret: [UInt8] = Sample.secret, _ algorithms: [SignatureAlgorithm] = [.hs256]
  ) throws -> VerificationKey {
    try VerificationKey(secret: SharedSecret(secret), identifier: identifier, algorithms: algorithms)
  }

  static func issuer(
    name: String? = issuerName, audience: AudienceRule = .oneOf(["orders"]),
    algorithms: [SignatureAlgorithm] = [.hs256],
    leeway: Double = 0, maximumLifetime: Double? = nil, requiresExpiry: Bool = true, acceptsUserClaim: Bool = false,
    requiresBinding: Bool = false, keys: [VerificationKey]? = nil
  ) throws -> TrustedIssuer {
    TrustedIssuer(
      name: name, audience: audience, algorithms: algorithms, leeway: leeway, maximumLifetime: maximumLifetime,
      requiresExpiry: requiresExpiry, acceptsUserClaim: acceptsUserClaim, requiresBinding: requiresBinding,
      keys: try KeySet(keys ?? [key(algorithms)]))
  }

  private static func key(_ algorithms: [SignatureAlgorithm]) throws -> VerificationKey { try key(nil, algorithms) }

  /// The reason for which the token is refused; nil if it is accepted.
  static func verdict(
    _ token: [UInt8], _ issuers: [TrustedIssuer]? = nil, now: Double = Sample.now
  ) throws -> TokenRejection? {
    let verifier = try TokenVerifier(issuers: issuers ?? [issuer()])
    do throws(TokenRejection) {
      _ = try verifier.verify(token.span, now: now)
      return nil
    } catch {
      return error
    }
  }
}
