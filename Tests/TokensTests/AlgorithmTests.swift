import Bytes
import Cryptography
import JSON
import Testing
import Tokens

/// One private key of each kind, made once for all tests.
enum KeyPair {
  static let all: [PublicKeyKind: PrivateKey] = {
    var keys: [PublicKeyKind: PrivateKey] = [:]
    for kind in kinds { keys[kind] = try? PrivateKey.generate(kind) }
    return keys
  }()

  static let kinds: [PublicKeyKind] = [
    .rsa(modulusBits: 2048), .ellipticCurve(.p256), .ellipticCurve(.p384), .ellipticCurve(.p521), .ed25519,
  ]

  static func kind(for algorithm: SignatureAlgorithm) -> PublicKeyKind? {
    kinds.first { SignatureAlgorithm.all(for: $0).contains(algorithm) }
  }

  /// A key that signs with the algorithm: one of `all`, or the sample's secret.
  static func signingKey(_ algorithm: SignatureAlgorithm, identifier: String? = nil) throws -> SigningKey {
    guard let kind = kind(for: algorithm) else {
      return try SigningKey(algorithm: algorithm, secret: SharedSecret(Sample.secret), identifier: identifier)
    }
    return try SigningKey(algorithm: algorithm, privateKey: #require(all[kind]), identifier: identifier)
  }
}

@Suite struct `Every algorithm` {
  static let claims: JSONObject = [
    "iss": .string(Sample.issuerName), "sub": .string("alice"), "aud": .string("orders"),
    "exp": .number(JSONNumber(1_700_000_600)),
  ]

  @Test(arguments: SignatureAlgorithm.allCases)
  func `a token that is signed with it is verified with it`(_ algorithm: SignatureAlgorithm) throws {
    let key = try KeyPair.signingKey(algorithm)
    let token = try TokenSigner(key).sign(Self.claims)
    let issuer = try Sample.issuer(algorithms: [algorithm], keys: [key.verificationKey()])
    #expect(try Sample.verdict(token, [issuer]) == nil)
    #expect(try Sample.verdict(token.replacingSignature { $0 + [0] }, [issuer]) == .signatureInvalid)
    #expect(
      try Sample.verdict(token.replacingSignature { [$0[0] ^ 1] + $0.dropFirst() }, [issuer]) == .signatureInvalid)
  }

  @Test(arguments: SignatureAlgorithm.allCases)
  func `the key outlives being written as a JWK Set, unless it is a secret`(_ algorithm: SignatureAlgorithm) throws {
    let key = try KeyPair.signingKey(algorithm, identifier: "k1")
    let text = JSONWebKeySet.text(of: [try key.verificationKey()])
    let read = try JSONWebKeySet.read(text.span, allowing: SignatureAlgorithm.allCases, secrets: .refused)
    #expect(read.unusable.isEmpty)
    guard algorithm.family != .secret else {
      #expect(text.span.text == #"{"keys":[]}"#)
      return
    }
    #expect(read.keys.map(\.identifier) == ["k1"] && read.keys.map(\.algorithms) == [[algorithm]])
    let issuer = try Sample.issuer(algorithms: [algorithm], keys: read.keys)
    #expect(try Sample.verdict(TokenSigner(key).sign(Self.claims), [issuer]) == nil)
  }

  @Test func `a key serves no algorithm but its own, whatever the token says`() throws {
    for signing in SignatureAlgorithm.allCases {
      let token = try TokenSigner(KeyPair.signingKey(signing)).sign(Self.claims)
      for own in SignatureAlgorithm.allCases where own != signing {
        let keys = [try KeyPair.signingKey(own).verificationKey()]
        let strict = try Sample.issuer(algorithms: [own], keys: keys)
        #expect(try Sample.verdict(token, [strict]) == .algorithmRefused)
        let lax = try Sample.issuer(algorithms: SignatureAlgorithm.allCases, keys: keys)
        #expect(try Sample.verdict(token, [lax]) == .keyUnknown)
      }
    }
  }

  @Test func `an issuer whose keys never came has no token refused for it`() throws {
    let issuer = try Sample.issuer().with(keys: nil)
    #expect(try Sample.verdict(Sample.token(), [issuer]) == .keysUnavailable)
    #expect(try Sample.verdict(Sample.token(#"{"alg":"HS512"}"#), [issuer]) == .algorithmRefused)
    #expect(
      try Sample.verdict(Sample.token(Sample.header, Sample.payload(["iss": #""x""#])), [issuer]) == .issuerUnknown)
  }
}
