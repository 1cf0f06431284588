import Bytes
import Cryptography
import Tokens

/// An issuer, and tokens as it would make them.
enum Issuing {
  static let now: Double = 1_700_000_000
  static let name = "https://login.example.com/"
  static let secret = Array("a secret of more than sixty-four bytes, so that it serves HS512 as well".utf8)
  static let header = Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)
  static let payload = Array(
    #"{"iss":"https://login.example.com/","sub":"alice","aud":"orders","iat":1699999900,"exp":1700000600}"#.utf8)

  /// A verifier of tokens for `orders`, as strict as one can be.
  nonisolated(unsafe) static let verifier: TokenVerifier = {
    guard let verifier = try? TokenVerifier(issuers: [issuer(audience: .oneOf(["orders"]), maximumLifetime: 1000)])
    else {
      fatalError("no verifier")
    }
    return verifier
  }()

  static func issuer(audience: AudienceRule, maximumLifetime: Double? = nil) -> TrustedIssuer {
    let algorithms: [SignatureAlgorithm] = [.hs256, .hs384, .hs512]
    guard let key = try? VerificationKey(secret: SharedSecret(secret), algorithms: algorithms),
      let keys = try? KeySet([key])
    else { fatalError("no key") }
    return TrustedIssuer(
      name: name, audience: audience, algorithms: algorithms, leeway: 1, maximumLifetime: maximumLifetime, keys: keys)
  }

  /// A token of these two texts, signed with the secret under SHA-256 whatever the header says.
  static func token(_ header: [UInt8], _ payload: [UInt8]) -> [UInt8] {
    let message = encoded(header) + [UInt8(ascii: ".")] + encoded(payload)
    return message + [UInt8(ascii: ".")] + encoded(tag(message, .sha256))
  }

  static func tag(_ message: [UInt8], _ hash: HashFunction) -> [UInt8] {
    var tag = ByteBuffer()
    do {
      try HMAC(hash, key: secret.span).authenticate(message.span, into: &tag)
    } catch {
      fatalError("no HMAC")
    }
    return tag.readable.array
  }

  static func encoded(_ bytes: [UInt8]) -> [UInt8] {
    var text = ByteBuffer()
    Base64URL.encode(bytes.span, into: &text)
    return text.readable.array
  }

  static func decoded(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    return Base64URL.decode(Array(text).span, into: &bytes) ? bytes : nil
  }
}
