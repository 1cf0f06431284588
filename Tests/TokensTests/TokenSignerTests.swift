import Bytes
import Cryptography
import JSON
import Testing
import Tokens

@Suite struct `Signing tokens` {
  /// RFC 7515, appendix A.1.
  enum Example {
    static let token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p"
      + "c19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
  }

  @Test func `the example of RFC 7515 A.1 has the right signature`() throws {
    let text = Array(Example.key.utf8)
    var secret: [UInt8] = []
    let isDecoded = Base64URL.decode(text.span, into: &secret)
    #expect(isDecoded)
    let token = Array(Example.token.utf8)
    // It has no subject, which is looked for only once the signature is found good.
    let issuers = [try Sample.issuer(name: "joe", audience: .any, keys: [Sample.key(secret: secret)])]
    #expect(try Sample.verdict(token, issuers, now: 1_300_819_379) == .subjectMissing)
    #expect(try Sample.verdict(token, issuers, now: 1_300_819_380) == .expired)
    let others = [try Sample.issuer(name: "joe", audience: .any)]
    #expect(try Sample.verdict(token, others, now: 1_300_819_379) == .signatureInvalid)
  }

  @Test(arguments: [.hs256, .hs384, .hs512] as [SignatureAlgorithm], [nil, "key 1 \"é\""] as [String?])
  func `what is signed is verified, with every claim`(_ algorithm: SignatureAlgorithm, _ identifier: String?) throws {
    let claims: JSONObject = [
      "iss": .string(Sample.issuerName), "sub": .string("ä\"\\\u{1}\u{2028}😀"), "aud": .string("orders"),
      "exp": .number(JSONNumber(1_700_000_600)), "list": .array([.null, .bool(true), .object(["x": .string("")])]),
    ]
    let signer = try TokenSigner(algorithm: algorithm, secret: SharedSecret(Sample.secret), keyIdentifier: identifier)
    let token = try signer.sign(claims)
    let issuer = try Sample.issuer(
      algorithms: [.hs256, .hs384, .hs512], keys: [Sample.key(identifier, [.hs256, .hs384, .hs512])])
    let verified = try TokenVerifier(issuers: [issuer]).verify(token.span, now: Sample.now)
    #expect(verified.claims == claims)
    #expect(verified.subject == claims["sub"]?.string)
  }

  @Test func `a token says what kind it is`() throws {
    let signer = try TokenSigner(algorithm: .hs256, secret: SharedSecret(Sample.secret), keyIdentifier: "k")
    #expect(
      try header(of: signer.sign([:])) == ["alg": .string("HS256"), "typ": .string("at+jwt"), "kid": .string("k")])
    let refresh = try signer.sign(["iss": .string(Sample.issuerName)], type: "rt+jwt")
    #expect(try Sample.verdict(refresh) == .typeRefused)
  }

  @Test func `one signer signs many tokens alike`() throws {
    let signer = try TokenSigner(algorithm: .hs256, secret: SharedSecret(Sample.secret))
    let first = try signer.sign(["a": .bool(true)])
    _ = try signer.sign(["b": .bool(true)])
    #expect(try signer.sign(["a": .bool(true)]) == first)
  }

  private func header(of token: [UInt8]) throws -> JSONObject? {
    let text = Array(token.prefix { $0 != UInt8(ascii: ".") })
    var bytes: [UInt8] = []
    guard Base64URL.decode(text.span, into: &bytes) else { return nil }
    return try JSONReader.parse(bytes.span).object
  }
}
