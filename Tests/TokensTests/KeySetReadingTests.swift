import Bytes
import Cryptography
import Testing
import Tokens

@Suite struct `Sets and files of keys` {
  @Test(
    arguments: [
      ("[]", .notAKeySet), ("{}", .notAKeySet), (#""keys""#, .notAKeySet), (#"{"keys":{}}"#, .notAKeySet),
      (#"{"keys":null}"#, .notAKeySet), (#"{"Keys":[]}"#, .notAKeySet),
    ] as [(String, KeySetError)])
  func `what is no set is refused`(_ text: String, _ error: KeySetError) {
    #expect(throws: error) { try JWK.read(text) }
  }

  @Test(arguments: ["", "<html>", #"{"keys":[]"#, #"{"keys":[],"keys":[]}"#, #"{"keys":[{"kty":"EC","kty":"RSA"}]}"#])
  func `what is no JSON is refused with its place`(_ text: String) throws {
    let error = #expect(throws: KeySetError.self) { try JWK.read(text) }
    #expect(try #require(error).message.hasPrefix("not JSON: "))
  }

  @Test func `an empty set is a set, whose tokens are all refused`() throws {
    #expect(try JWK.read(#"{"keys":[]}"#).keys.isEmpty)
    #expect(try Sample.verdict(Sample.token(), [Sample.issuer(keys: [])]) == .keyUnknown)
  }

  @Test(arguments: [(1000, nil), (1001, .tooManyKeys(1001)), (10_000, .tooManyKeys(10_000))] as [(Int, KeySetError?)])
  func `a set has at most a thousand keys`(_ count: Int, _ error: KeySetError?) throws {
    let key = JWK.text(JWK.okp, ["kid": nil])
    let text = #"{"keys":[\#(Array(repeating: key, count: count).joined(separator: ","))]}"#
    if let error {
      #expect(throws: error) { try JWK.read(text) }
    } else {
      #expect(try JWK.read(text).keys.count == count)
    }
  }

  @Test func `keys with one kid and one algorithm are both left out`() throws {
    let other = JWK.text(JWK.ec, ["crv": #""P-256""#, "x": generator.0, "y": generator.1])
    let set = try JWK.read(JWK.set(JWK.text(JWK.ec), JWK.text(JWK.okp), other, JWK.text(JWK.rsa)))
    #expect(set.keys.map(\.algorithms.first) == [.eddsa, .rs256])
    #expect(set.unusable.map(\.place) == [0, 2])
    #expect(set.unusable.map(\.flaw) == [.identifierRepeated(otherPlace: 2), .identifierRepeated(otherPlace: 0)])
    #expect(
      set.unusable.map(\.message) == [
        #"key 1 (kid "k"): key 3 has the same kid"#, #"key 3 (kid "k"): key 1 has the same kid"#,
      ])
    _ = try KeySet(set.keys)
  }

  /// The base point of P-256.
  private let generator = (
    #""axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY""#, #""T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU""#
  )

  @Test func `a thousand keys with one kid take no longer than a thousand with their own`() throws {
    func set(named name: (Int) -> String) -> String {
      let keys = (0..<1000).map { number in
        let secret = Sample.encoded(Array("a secret of its own: \(number)________________".utf8))
        return JWK.text(JWK.oct, ["k": "\"\(secret)\"", "kid": "\"\(name(number))\""])
      }
      return #"{"keys":[\#(keys.joined(separator: ","))]}"#
    }
    let (one, own) = (set { _ in "k" }, set { "k\($0)" })
    let unusable = try JWK.read(one).unusable
    #expect(unusable.count == 1000)
    #expect(unusable.first?.flaw == .identifierRepeated(otherPlace: 1))
    #expect(unusable.dropFirst().allSatisfy { $0.flaw == .identifierRepeated(otherPlace: 0) })
    #expect(try JWK.read(own).keys.count == 1000)
    let clock = ContinuousClock()
    let times = try [one, own].map { text in
      try (0..<3).map { _ in try clock.measure { _ = try JWK.read(text) } }.min() ?? .zero
    }
    #expect(times[0] < times[1] * 3, "\(times)")
  }

  @Test func `a key that is like several others is left out with them`() throws {
    let secrets = ["a", "b", "a"].map { Sample.encoded([UInt8](repeating: Array($0.utf8)[0], count: 64)) }
    let keys = zip(secrets, [nil, #""HS512""#, nil]).map { JWK.text(JWK.oct, ["k": "\"\($0)\"", "alg": $1]) }
    let set = try JWK.read(#"{"keys":[\#(keys.joined(separator: ","))]}"#)
    #expect(set.keys.isEmpty)
    #expect(set.unusable.map(\.flaw) == [1, 0, 0].map { .identifierRepeated(otherPlace: $0) })
  }

  @Test func `a key that is there twice is there once`() throws {
    let set = try JWK.read(JWK.set(JWK.text(JWK.ec), JWK.text(JWK.ec)))
    #expect(set.keys.count == 1 && set.unusable.map(\.place) == [1])
  }

  @Test func `a damaged key takes the one with its kid along; one for something else does not`() throws {
    let damaged = JWK.text(JWK.ec, ["y": #""AAAA""#])
    #expect(try JWK.read(JWK.set(JWK.text(JWK.ec), damaged)).keys.isEmpty)
    #expect(try JWK.read(JWK.set(JWK.text(JWK.ec), JWK.text(JWK.ec, ["use": #""enc""#]))).keys.count == 1)
  }

  @Test func `without a kid no two are the same`() throws {
    let set = try JWK.read(JWK.set(JWK.text(JWK.ec, ["kid": nil]), JWK.text(JWK.okp, ["kid": nil])))
    #expect(set.keys.map(\.identifier) == [nil, nil])
  }

  @Test func `a file of secrets and public keys serves both, each its own algorithms`() throws {
    let private256 = try KeyPair.signingKey(.es256, identifier: "e")
    let point = JSONWebKeySet.text(of: [try private256.verificationKey()]).span.text.dropFirst(9).dropLast(2)
    let secret = "{\"kty\":\"oct\",\"kid\":\"s\",\"k\":\"\(Sample.encoded(Sample.secret))\"}"
    let keys = try JWK.read(JWK.set(secret, String(point))).keys
    let issuer = try Sample.issuer(algorithms: [.hs256, .es256], keys: keys)
    #expect(try Sample.verdict(TokenSigner(private256).sign(`Every algorithm`.claims), [issuer]) == nil)
    #expect(try Sample.verdict(Sample.token(#"{"alg":"HS256","kid":"s"}"#), [issuer]) == nil)
    #expect(try Sample.verdict(Sample.token(#"{"alg":"HS256","kid":"e"}"#), [issuer]) == .keyUnknown)
  }

  static let pem = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzj7IkVvDmbiXuNv6coS/vcdDf5Np
    XT9RaZU3BFhg06i2XdpQ9EYdNviIHJkQHDq2Kriez17q8onmeYW5QsuwgQ==
    -----END PUBLIC KEY-----

    """

  @Test(
    arguments: [
      pem, "# a comment\n\n" + pem, JWK.text(JWK.ec), JWK.set(JWK.text(JWK.ec)), "\r\n " + JWK.text(JWK.ec),
    ])
  func `a file may be PEM, a key or a set`(_ text: String) throws {
    let contents = Array(text.utf8)
    #expect(try KeyFile.read(contents.span, allowing: [.es256]).keys.map(\.algorithms) == [[.es256]])
  }

  @Test(
    arguments: [
      ("a secret of thirty-two characters or more", .neitherJSONNorPEM), ("", .neitherJSONNorPEM),
      ("[1]", .notAKeySet), ("{}", .notAKeySet), (pem, .unusable(.algorithmsNotAllowed([.es256]))),
      (JWK.text(JWK.ec), .unusable(.algorithmsNotAllowed([.es256]))),
      (JWK.text(JWK.okp, ["use": #""enc""#]), .unusable(.otherUse("enc"))),
      (
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        .unusable(
          .unfit(.unfit(.pemOfOtherKind(label: "PRIVATE KEY", expected: "PUBLIC KEY or CERTIFICATE"))))
      ),
    ] as [(String, KeySetError)])
  func `a file with no key for the issuer is refused`(_ text: String, _ error: KeySetError) {
    let contents = Array(text.utf8)
    let thrown = #expect(throws: error) { try KeyFile.read(contents.span, allowing: [.eddsa, .rs256]) }
    #expect(thrown?.message.isEmpty == false)
  }

  @Test func `sets are the same if their keys are, in name, use and number`() throws {
    func set(_ text: String) throws -> KeySet { try KeySet(JWK.read(text).keys) }
    let one = try set(JWK.set(JWK.text(JWK.ec), JWK.text(JWK.okp)))
    #expect(try one.hasSameKeys(as: set(JWK.set(JWK.text(JWK.ec), JWK.text(JWK.okp, ["x5t": "1"])))))
    for other in [
      JWK.set(JWK.text(JWK.ec)), JWK.set(JWK.text(JWK.okp), JWK.text(JWK.ec)),
      JWK.set(JWK.text(JWK.ec, ["kid": #""other""#]), JWK.text(JWK.okp)),
      JWK.set(JWK.text(JWK.ec, ["x": generator.0, "y": generator.1]), JWK.text(JWK.okp)),
      JWK.set(JWK.text(JWK.ec, ["kid": nil]), JWK.text(JWK.okp)),
    ] {
      #expect(try !one.hasSameKeys(as: set(other)))
    }
    let narrow = try KeySet(JWK.read(JWK.set(JWK.text(JWK.rsa)), allowing: [.rs256]).keys)
    #expect(try !narrow.hasSameKeys(as: set(JWK.set(JWK.text(JWK.rsa)))))
  }
}
