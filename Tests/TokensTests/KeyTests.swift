import Testing
import Tokens

@Suite struct `Keys` {
  @Test(arguments: [
    ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), ("secret\n\n", "secret\n"),
    ("secret\r", "secret\r"),
    (" secret ", " secret "), ("\n", ""), ("", ""), ("sec\nret\n", "sec\nret"),
  ])
  func `a secret file is its bytes but for one newline at its end`(_ contents: String, _ secret: String) throws {
    // A secret can't be read back; a token signed with what it should be tells.
    let padding = String(repeating: "p", count: 64)
    let (file, expected) = (Array((padding + contents).utf8), Array((padding + secret).utf8))
    let key = try VerificationKey(secret: SharedSecret(file: file.span), algorithms: [.hs256])
    #expect(try Sample.verdict(Sample.token(secret: expected), [try Sample.issuer(keys: [key])]) == nil)
  }

  @Test func `a secret may be any bytes`() throws {
    let file: [UInt8] = Array(0...255)
    let key = try VerificationKey(secret: SharedSecret(file: file.span), algorithms: [.hs256])
    #expect(try Sample.verdict(Sample.token(secret: file), [try Sample.issuer(keys: [key])]) == nil)
  }

  @Test(arguments: [(.hs256, 32), (.hs384, 48), (.hs512, 64)] as [(SignatureAlgorithm, Int)])
  func `a secret is at least as long as the hash`(_ algorithm: SignatureAlgorithm, _ count: Int) throws {
    let short = SharedSecret([UInt8](repeating: 1, count: count - 1))
    let error = KeyError.secretTooShort(byteCount: count - 1, needed: count, algorithm: algorithm)
    #expect(throws: error) { try VerificationKey(secret: short, algorithms: [algorithm]) }
    #expect(throws: error) { try TokenSigner(algorithm: algorithm, secret: short) }
    #expect(error.message == "the secret has \(count - 1) bytes; \(algorithm.rawValue) needs at least \(count)")
    _ = try VerificationKey(secret: SharedSecret([UInt8](repeating: 1, count: count)), algorithms: [algorithm])
  }

  @Test func `the longest hash of several counts`() {
    let secret = SharedSecret([UInt8](repeating: 1, count: 48))
    #expect(throws: KeyError.secretTooShort(byteCount: 48, needed: 64, algorithm: .hs512)) {
      try VerificationKey(secret: secret, algorithms: [.hs256, .hs384, .hs512])
    }
  }

  @Test(arguments: SignatureAlgorithm.allCases.filter { $0.family != .secret })
  func `a secret serves no algorithm of public keys`(_ algorithm: SignatureAlgorithm) {
    let secret = SharedSecret(Sample.secret)
    #expect(throws: KeyError.algorithmOfAnotherFamily(algorithm)) {
      try VerificationKey(secret: secret, algorithms: [.hs256, algorithm])
    }
  }

  @Test func `a key serves some algorithm`() {
    #expect(throws: KeyError.withoutAlgorithm) {
      try VerificationKey(secret: SharedSecret(Sample.secret), algorithms: [])
    }
  }

  @Test func `a secret is never shown`() throws {
    let secret = SharedSecret(Array("do not show this secret to anyone at all".utf8))
    let key = try VerificationKey(secret: secret, algorithms: [.hs256])
    let issuer = try Sample.issuer(keys: [key])
    var dumped = ""
    dump(issuer, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), "\(key)", "\(issuer)", String(reflecting: issuer), dumped] {
      #expect(!text.contains("do not show"))
      #expect(!text.contains("100, 111"))
    }
    #expect("\(secret)" == "a secret of 40 bytes")
  }

  struct Choice: Sendable {
    let keys: [(identifier: String?, algorithms: [SignatureAlgorithm])]
    let identifier: String?
    let algorithm: SignatureAlgorithm
    let index: Int?
  }

  @Test(arguments: [
    Choice(keys: [], identifier: nil, algorithm: .hs256, index: nil),
    Choice(keys: [(nil, [.hs256])], identifier: nil, algorithm: .hs256, index: 0),
    Choice(keys: [(nil, [.hs256])], identifier: "any", algorithm: .hs256, index: 0),
    Choice(keys: [(nil, [.hs256])], identifier: "any", algorithm: .hs512, index: nil),
    Choice(keys: [(nil, [.hs256])], identifier: nil, algorithm: .rs256, index: nil),
    Choice(keys: [("a", [.hs256])], identifier: nil, algorithm: .hs256, index: 0),
    Choice(keys: [("a", [.hs256])], identifier: "b", algorithm: .hs256, index: nil),
    Choice(keys: [("a", [.hs256])], identifier: "A", algorithm: .hs256, index: nil),
    Choice(keys: [("a", [.hs256]), ("b", [.hs256])], identifier: "b", algorithm: .hs256, index: 1),
    Choice(keys: [("a", [.hs256]), ("b", [.hs256])], identifier: nil, algorithm: .hs256, index: nil),
    Choice(keys: [("a", [.hs256]), ("b", [.hs512])], identifier: nil, algorithm: .hs512, index: 1),
    Choice(keys: [("a", [.hs256]), ("b", [.hs512])], identifier: "a", algorithm: .hs512, index: nil),
    Choice(keys: [(nil, [.hs256]), ("b", [.hs256])], identifier: "c", algorithm: .hs256, index: nil),
    Choice(keys: [(nil, [.hs256]), ("b", [.hs256])], identifier: "b", algorithm: .hs256, index: 1),
    Choice(keys: [(nil, [.hs256]), (nil, [.hs256])], identifier: nil, algorithm: .hs256, index: nil),
    Choice(keys: [(nil, [.hs256]), ("b", [.hs512])], identifier: "c", algorithm: .hs256, index: 0),
  ])
  func `a key is chosen by kid, or for want of another`(_ choice: Choice) throws {
    let set = try KeySet(choice.keys.map { try Sample.key($0.identifier, $0.algorithms) })
    #expect(set.index(for: choice.algorithm, identifier: choice.identifier) == choice.index)
  }

  @Test func `one kid means one key for an algorithm`() throws {
    #expect(throws: KeyError.identifierRepeated("a")) {
      try KeySet([Sample.key("a"), Sample.key("b"), Sample.key("a")])
    }
    let byAlgorithm = try KeySet([Sample.key("a", [.hs256]), Sample.key("a", [.hs512])])
    #expect(byAlgorithm.index(for: .hs512, identifier: "a") == 1)
  }

  @Test func `a key that is gone verifies nothing`() throws {
    let token = Sample.token(#"{"alg":"HS256","kid":"a"}"#)
    let other = try Sample.key("b", secret: Array(Sample.secret.reversed()))
    #expect(try Sample.verdict(token, [try Sample.issuer(keys: [Sample.key("a"), other])]) == nil)
    #expect(try Sample.verdict(token, [try Sample.issuer(keys: [other])]) == .keyUnknown)
  }

  @Test(
    arguments: [
      ("1699999900", nil), ("1699999901", .keyUnknown), ("1699999900.5", .keyUnknown), ("0", nil), (nil, .keyUnknown),
    ] as [(String?, TokenRejection?)])
  func `a retired key verifies only what says that it was issued before`(
    _ issuedAt: String?, _ reason: TokenRejection?
  ) throws {
    let token = Sample.token(#"{"alg":"HS256","kid":"a"}"#, Sample.payload(["iat": issuedAt]))
    let issuer = try Sample.issuer(keys: [
      try Sample.key("a").retired(latestIssue: 1_699_999_900), try Sample.key("b", secret: Array(0..<32)),
    ])
    #expect(try Sample.verdict(token, [issuer]) == reason)
    let sentence = TokenInspection(token.span, verifier: try TokenVerifier(issuers: [issuer]), now: Sample.now)
      .checks.first { $0.rejection == .keyUnknown }?.sentence
    #expect(sentence?.contains("was retired") == (reason != nil), "\(sentence ?? "")")
  }

  @Test func `a key is another one once it is retired`() throws {
    let key = try Sample.key("a")
    #expect(key.isSame(as: key))
    #expect(!key.isSame(as: key.retired(latestIssue: 1)))
    #expect(!key.retired(latestIssue: 1).isSame(as: key.retired(latestIssue: 2)))
    #expect(key.retired(latestIssue: 1).isSame(as: key.retired(latestIssue: 1)))
  }

  @Test func `a secret has a name of its own, which is the same as long as the secret is`() throws {
    let names = try (1...3).map { try SharedSecret([UInt8](repeating: UInt8($0), count: 32)).identifier() }
    #expect(Set(names).count == 3)
    #expect(names.allSatisfy { $0.utf8.count == 11 })
    #expect(try SharedSecret([UInt8](repeating: 1, count: 32)).identifier() == names[0])
  }

  @Test func `names of algorithms are exact, and none is not one`() {
    #expect(SignatureAlgorithm(name: "HS256") == .hs256)
    #expect(SignatureAlgorithm(name: "EdDSA") == .eddsa)
    #expect(SignatureAlgorithm(name: "Ed25519") == .eddsa)
    for name in ["none", "hs256", "HS256 ", "EDDSA", "ed25519", "Ed448", ""] {
      #expect(SignatureAlgorithm(name: name) == nil)
    }
  }
}
