import JSON
import Testing
import Tokens

@Suite struct `Verifying tokens` {
  @Test(arguments: [
    #"{"alg":"HS256"}"#, #"{"alg":"HS256","typ":"JWT"}"#, #"{"alg":"HS256","typ":"jwt"}"#,
    #"{"alg":"HS256","typ":"at+jwt"}"#,
    #"{"alg":"HS256","typ":"AT+JWT"}"#, #"{"alg":"HS256","typ":"application/at+jwt"}"#,
    #"{"alg":"HS256","typ":"Application/JWT"}"#, #"{"alg":"HS256","kid":"any"}"#, #"{"alg":"HS256","kid":""}"#,
    #"{"alg":"HS256","kid":"../../dev/null"}"#, #"{ "typ" : "JWT" , "alg" : "HS\u003256" }"#,
    #"{"alg":"HS256","jku":"https://evil.example/","jwk":{"kty":"oct","k":"AA"},"x5c":[],"x5u":""}"#,
    #"{"alg":"HS256","cty":"x","unknown":[1,2,{}]}"#,
  ])
  func `a header that says nothing wrong is accepted`(_ header: String) throws {
    #expect(try Sample.verdict(Sample.token(header)) == nil)
  }

  @Test(arguments: [
    Sample.payload(["aud": #"["billing","orders"]"#]), Sample.payload(["exp": "1700000000.5", "iat": "1.6999999e9"]),
    Sample.payload(["nbf": "1700000000"]), Sample.payload(["iat": nil]), Sample.payload(["iat": "1700000000"]),
    Sample.payload(["x": "9007199254740992"]), Sample.payload(["x": "[1,{\"y\":-9007199254740992}]"]),
    Sample.payload(["x": "1e-300"]), Sample.payload(["x": "1e999999999"]), Sample.payload(["x": "-1e400"]),
    Sample.payload(["x": String(repeating: "9", count: 4000)]),
    Sample.payload(["exp": "1700000600." + String(repeating: "0", count: 400)]),
    Sample.payload(["exp": "170000060000000000000000000000000e-23"]), Sample.payload(["nbf": "1e-999"]),
    Sample.payload(["sub": #""älice 😀""#]), Sample.payload(["user": "1"]), Sample.payload(["exp": "9007199254740991"]),
  ])
  func `claims that say nothing wrong are accepted`(_ payload: String) throws {
    #expect(try Sample.verdict(Sample.token(Sample.header, payload)) == nil)
  }

  @Test(arguments: [(16_384, nil), (16_385, .tooLarge)] as [(Int, TokenRejection?)])
  func `a token has at most 16 KiB`(_ count: Int, _ reason: TokenRejection?) throws {
    let token = Sample.token(ofCount: count)
    #expect(token.count == count)
    #expect(try Sample.verdict(token) == reason)
  }

  @Test func `how long a token may be can be said`() throws {
    let token = Sample.token(ofCount: 1000)
    for (limit, reason) in [(1000, nil), (999, TokenRejection.tooLarge)] {
      let verifier = try TokenVerifier(issuers: [Sample.issuer()], byteCountMax: limit)
      let inspection = TokenInspection(token.span, verifier: verifier, now: Sample.now)
      #expect(inspection.verdict == reason)
      #expect(inspection.checks.first?.sentence == "1000 bytes; a token has at most \(limit)")
      let form = verifier.rejection(ofForm: token.span)
      #expect(form == reason)
    }
  }

  @Test(
    arguments: [
      (.hs256, "HS256"), (.hs384, "HS384"), (.hs512, "HS512"),
    ] as [(SignatureAlgorithm, String)])
  func `each HMAC is verified as itself only`(_ algorithm: SignatureAlgorithm, _ name: String) throws {
    let all: [SignatureAlgorithm] = [.hs256, .hs384, .hs512]
    let issuers = [try Sample.issuer(algorithms: all)]
    let signer = try TokenSigner(algorithm: algorithm, secret: SharedSecret(Sample.secret))
    let claims = try #require(try object(Sample.payload))
    let token = try signer.sign(claims)
    #expect(try Sample.verdict(token, issuers) == nil)
    for other in all where other != algorithm {
      #expect(try Sample.verdict(token, [try Sample.issuer(algorithms: [other])]) == .algorithmRefused)
      let renamed = Array(Sample.encoded(Array(#"{"alg":"\#(other.rawValue)"}"#.utf8)).utf8)
      let body = token.drop { $0 != UInt8(ascii: ".") }
      #expect(try Sample.verdict(renamed + body, issuers) == .signatureInvalid)
    }
  }

  @Test func `a verified token says who it is for whom, and until when`() throws {
    let verifier = try TokenVerifier(issuers: [
      try Sample.issuer(name: "https://other.example/"), try Sample.issuer(leeway: 5),
    ])
    let bytes = Sample.token(Sample.header, Sample.payload(["roles": #"["user","admin"]"#, "scope": #""a  b c ""#]))
    let token = try verifier.verify(bytes.span, now: Sample.now)
    #expect(token.issuerIndex == 1)
    #expect(token.issuer == Sample.issuerName)
    #expect(token.subject == "alice")
    #expect(token.expiresAt == 1_700_000_605)
    #expect(token.roles == ["user", "admin"])
    #expect(token.scopes == ["a", "b", "c"])
    #expect(token.claims["aud"] == .string("orders"))
  }

  @Test(
    arguments: [
      (#""admin""#, ["admin"]), (#"["a","b"]"#, ["a", "b"]), ("[]", []), (#"["a",1]"#, []), ("null", []), ("1", []),
      (#"{"a":true}"#, ["a"]), (#"{"a":{"o":"x"},"b":{}}"#, ["a", "b"]), ("{}", []), (#"[["a"]]"#, []), (nil, []),
    ] as [(String?, [String])])
  func `roles are a list of strings, one string or the names of an object, and else nothing`(
    _ claim: String?, _ roles: [String]
  ) throws {
    #expect(try verified(["roles": claim]).roles == roles)
  }

  @Test(
    arguments: [
      (#""orders:read orders:write""#, ["orders:read", "orders:write"]), (#"["a b","c"]"#, ["a", "b", "c"]),
      (#""""#, []),
      (#"" ""#, []),
      (#""a\tb""#, ["a\tb"]), (#""a\u00a0b""#, ["a\u{A0}b"]), (#"{"a":1}"#, []), ("1", []), (#"["a",null]"#, []),
      (nil, []),
    ] as [(String?, [String])])
  func `a scope is words between spaces, in a list too, and else nothing`(
    _ claim: String?, _ scopes: [String]
  ) throws {
    #expect(try verified(["scope": claim]).scopes == scopes)
  }

  private func verified(_ changes: KeyValuePairs<String, String?>) throws -> VerifiedToken {
    let token = Sample.token(Sample.header, Sample.payload(changes))
    return try TokenVerifier(issuers: [Sample.issuer()]).verify(token.span, now: Sample.now)
  }

  private func object(_ text: String) throws -> JSONObject? {
    let bytes = Array(text.utf8)
    return try JSONReader.parse(bytes.span).object
  }
}

@Suite struct `Issuers and audiences` {
  @Test(
    arguments: [
      (nil, nil, nil), ("a", "a", nil), ("a", "b", .issuerUnknown), ("a", nil, .issuerUnknown),
      (nil, "a", .issuerUnknown),
      ("é", "e\u{301}", .issuerUnknown),
    ] as [(String?, String?, TokenRejection?)])
  func `an issuer takes tokens of its own name only`(
    _ configured: String?, _ claimed: String?, _ reason: TokenRejection?
  ) throws {
    let token = Sample.token(Sample.header, Sample.payload(["iss": claimed.map { "\"\($0)\"" }]))
    #expect(try Sample.verdict(token, [try Sample.issuer(name: configured)]) == reason)
  }

  @Test func `an issuer's key does not serve another issuer`() throws {
    let other = Array("another secret, long enough for HS256".utf8)
    let issuers = [
      try Sample.issuer(), try Sample.issuer(name: "b", keys: [Sample.key("k", secret: other)]),
    ]
    let token = Sample.token(#"{"alg":"HS256","kid":"k"}"#, Sample.payload(["iss": #""b""#]))
    #expect(try Sample.verdict(token, issuers) == .signatureInvalid)
    let good = Sample.token(#"{"alg":"HS256","kid":"k"}"#, Sample.payload(["iss": #""b""#]), secret: other)
    #expect(try Sample.verdict(good, issuers) == nil)
  }

  @Test func `nobody is trusted where nobody is configured`() throws {
    #expect(try Sample.verdict(Sample.token(), []) == .algorithmRefused)
  }

  @Test(
    arguments: [
      (.any, nil, nil), (.any, #""x""#, nil), (.any, "[]", nil), (.any, "1", .malformed),
      (.absent, nil, nil), (.absent, #""x""#, .audienceMismatch), (.absent, "[]", .audienceMismatch),
      (.oneOf(["a", "b"]), #""b""#, nil), (.oneOf(["a", "b"]), #"["x","a"]"#, nil),
      (.oneOf(["a"]), #""A""#, .audienceMismatch),
      (.oneOf(["a"]), nil, .audienceMismatch), (.oneOf([]), #""a""#, .audienceMismatch), (.oneOf([""]), #""""#, nil),
    ] as [(AudienceRule, String?, TokenRejection?)])
  func `an audience is for us or it is not`(_ rule: AudienceRule, _ claim: String?, _ reason: TokenRejection?) throws {
    let token = Sample.token(Sample.header, Sample.payload(["aud": claim]))
    #expect(try Sample.verdict(token, [try Sample.issuer(audience: rule)]) == reason)
  }

  @Test(
    arguments: [
      (nil, #""bob""#, nil), (nil, nil, .subjectMissing), (nil, #""""#, .subjectMissing), (nil, "1", .subjectMissing),
      (#""""#, #""bob""#, .subjectMissing), ("null", #""bob""#, .malformed), (#""alice""#, #""bob""#, nil),
    ] as [(String?, String?, TokenRejection?)])
  func `user serves where sub is absent, for the accounts' own tokens`(
    _ sub: String?, _ user: String?, _ reason: TokenRejection?
  ) throws {
    let issuers = [try Sample.issuer(name: nil, acceptsUserClaim: true)]
    let token = Sample.token(Sample.header, Sample.payload(["iss": nil, "sub": sub, "user": user]))
    #expect(try Sample.verdict(token, issuers) == reason)
    if reason == nil {
      let verified = try TokenVerifier(issuers: issuers).verify(token.span, now: Sample.now)
      #expect(verified.subject == (sub == nil ? "bob" : "alice"))
    }
  }
}
