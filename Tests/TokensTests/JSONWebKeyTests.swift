import Bytes
import Cryptography
import JSON
import Testing
import Tokens

/// JWKs that differ from good ones by what a case says.
enum JWK {
  static let ec: KeyValuePairs = [
    "kty": #""EC""#, "crv": #""P-256""#, "x": #""f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU""#,
    "y": #""x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#, "kid": #""k""#,
  ]
  static let rsa: KeyValuePairs = [
    "kty": #""RSA""#,
    "n":
      #""0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn"#
      + "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
      + #"vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnq"#
      + #"DKgw""#, "e": #""AQAB""#, "kid": #""k""#,
  ]
  static let okp: KeyValuePairs = [
    "kty": #""OKP""#, "crv": #""Ed25519""#, "x": #""11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#, "kid": #""k""#,
  ]
  static let oct: KeyValuePairs = [
    "kty": #""oct""#, "k": "\"\(Sample.encoded([UInt8](repeating: 7, count: 48)))\"", "kid": #""k""#,
  ]

  /// The key with some members replaced (nil: left out) or added.
  static func text(_ key: KeyValuePairs<String, String>, _ changes: KeyValuePairs<String, String?> = [:]) -> String {
    var members = key.map { ($0.key, Optional($0.value)) }
    for (name, value) in changes {
      if let place = members.firstIndex(where: { $0.0 == name }) {
        members[place].1 = value
      } else {
        members.append((name, value))
      }
    }
    return "{" + members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",") + "}"
  }

  static func set(_ keys: String...) -> String { #"{"keys":[\#(keys.joined(separator: ","))]}"# }

  static func read(
    _ text: String, allowing: [SignatureAlgorithm] = SignatureAlgorithm.allCases, secrets: SecretPolicy = .allowed
  ) throws -> JSONWebKeySet {
    try JSONWebKeySet.read(Array(text.utf8).span, allowing: allowing, secrets: secrets)
  }
}

@Suite struct `JSON Web Keys` {
  @Test(
    arguments: [
      (JWK.text(JWK.ec), [.es256]), (JWK.text(JWK.ec, ["alg": #""ES256""#]), [.es256]),
      (JWK.text(JWK.rsa), [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]),
      (JWK.text(JWK.rsa, ["alg": #""PS384""#]), [.ps384]), (JWK.text(JWK.okp), [.eddsa]),
      (JWK.text(JWK.oct), [.hs256, .hs384]), (JWK.text(JWK.oct, ["alg": #""HS256""#]), [.hs256]),
      (JWK.text(JWK.ec, ["use": #""sig""#, "key_ops": #"["verify"]"#]), [.es256]),
      (JWK.text(JWK.ec, ["key_ops": #"["sign","verify"]"#, "x5t": "1", "x5c": "[]"]), [.es256]),
    ] as [(String, [SignatureAlgorithm])])
  func `a key serves what it says, or else whatever its kind can`(_ key: String, _ algorithms: [SignatureAlgorithm])
    throws
  {
    let set = try JWK.read(JWK.set(key))
    #expect(set.keys.first?.algorithms ?? [] == algorithms)
  }

  @Test func `the issuer's algorithms narrow that down`() throws {
    let keys = JWK.set(JWK.text(JWK.rsa), JWK.text(JWK.ec), JWK.text(JWK.oct))
    let set = try JWK.read(keys, allowing: [.ps256, .rs256, .eddsa])
    #expect(set.keys.map(\.algorithms) == [[.rs256, .ps256]])
    #expect(
      set.unusable.map(\.flaw) == [.algorithmsNotAllowed([.es256]), .algorithmsNotAllowed([.hs256, .hs384, .hs512])])
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    let name: String
    let key: String
    let flaw: JSONWebKeyFlaw

    init(_ name: String, _ key: String, _ flaw: JSONWebKeyFlaw) { (self.name, self.key, self.flaw) = (name, key, flaw) }

    var testDescription: String { name }
  }

  static let bad: [Bad] = [
    Bad("a string", #""key""#, .notAnObject),
    Bad("no kty", JWK.text(JWK.ec, ["kty": nil]), .memberMissing("kty")),
    Bad("kty a number", JWK.text(JWK.ec, ["kty": "1"]), .memberOfWrongType("kty", expected: "a string")),
    Bad("kty in another case", JWK.text(JWK.ec, ["kty": #""ec""#]), .typeUnknown("ec")),
    Bad("an unknown kty", JWK.text(JWK.ec, ["kty": #""AKP""#]), .typeUnknown("AKP")),
    Bad(
      "a key of ML-DSA", #"{"kty":"AKP","alg":"ML-DSA-44","pub":"\#(String(repeating: "A", count: 1750))","kid":"k"}"#,
      .algorithmUnknown("ML-DSA-44")),
    Bad("a kty with numbers", #"{"kty":"NEW","kid":"k","size":1e308,"parts":[{"a":null}]}"#, .typeUnknown("NEW")),
    Bad("Ed25519 with a kty of its own", JWK.text(JWK.okp, ["kty": #""Ed25519""#]), .typeUnknown("Ed25519")),
    Bad("kid a number", JWK.text(JWK.ec, ["kid": "1"]), .memberOfWrongType("kid", expected: "a string")),
    Bad(
      "a kid of 257 bytes", JWK.text(JWK.ec, ["kid": "\"\(String(repeating: "k", count: 257))\""]),
      .unfit(.identifierTooLong(byteCount: 257))),
    Bad("for encryption", JWK.text(JWK.ec, ["use": #""enc""#]), .otherUse("enc")),
    Bad("use null", JWK.text(JWK.ec, ["use": "null"]), .memberOfWrongType("use", expected: "a string")),
    Bad("for signing only", JWK.text(JWK.ec, ["key_ops": #"["sign"]"#]), .otherOperations),
    Bad("for nothing", JWK.text(JWK.ec, ["key_ops": "[]"]), .otherOperations),
    Bad(
      "key_ops a string", JWK.text(JWK.ec, ["key_ops": #""verify""#]),
      .memberOfWrongType("key_ops", expected: "a list of strings")),
    Bad("alg none", JWK.text(JWK.ec, ["alg": #""none""#]), .algorithmUnknown("none")),
    Bad("alg of encryption", JWK.text(JWK.rsa, ["alg": #""RSA-OAEP""#]), .algorithmUnknown("RSA-OAEP")),
    Bad("alg in another case", JWK.text(JWK.ec, ["alg": #""es256""#]), .algorithmUnknown("es256")),
    Bad(
      "alg of another kind of key", JWK.text(JWK.rsa, ["alg": #""ES256""#]),
      .unfit(.algorithmUnfit(.es256, .rsa(modulusBits: 2048)))),
    Bad(
      "an RSA key for HMAC", JWK.text(JWK.rsa, ["alg": #""HS256""#]),
      .unfit(.algorithmUnfit(.hs256, .rsa(modulusBits: 2048)))),
    Bad("a secret for RSA", JWK.text(JWK.oct, ["alg": #""RS256""#]), .unfit(.algorithmOfAnotherFamily(.rs256))),
    Bad(
      "alg of another curve", JWK.text(JWK.ec, ["alg": #""ES384""#]),
      .unfit(.algorithmUnfit(.es384, .ellipticCurve(.p256)))),
    Bad(
      "a secret too short for its alg", JWK.text(JWK.oct, ["alg": #""HS512""#]),
      .unfit(.secretTooShort(byteCount: 48, needed: 64, algorithm: .hs512))),
    Bad(
      "a secret too short for anything", JWK.text(JWK.oct, ["k": #""AAAA""#]),
      .unfit(.secretTooShort(byteCount: 3, needed: 32, algorithm: .hs256))),
    Bad(
      "an empty secret", JWK.text(JWK.oct, ["k": #""""#]),
      .unfit(.secretTooShort(byteCount: 0, needed: 32, algorithm: .hs256))),
    Bad("no curve", JWK.text(JWK.ec, ["crv": nil]), .memberMissing("crv")),
    Bad("a curve of Bitcoin", JWK.text(JWK.ec, ["crv": #""secp256k1""#]), .curveUnknown("secp256k1")),
    Bad("a curve of agreement", JWK.text(JWK.okp, ["crv": #""X25519""#]), .curveUnknown("X25519")),
    Bad("a curve of the other kty", JWK.text(JWK.ec, ["crv": #""Ed25519""#]), .curveUnknown("Ed25519")),
    Bad(
      "coordinates of another curve", JWK.text(JWK.ec, ["crv": #""P-384""#]),
      .unfit(.unfit(.coordinateLength(32, expected: 48)))),
    Bad("no y", JWK.text(JWK.ec, ["y": nil]), .memberMissing("y")),
    Bad(
      "y padded", JWK.text(JWK.ec, ["y": #""x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0=""#]), .memberNotBase64URL("y")),
    Bad(
      "a point beside the curve", JWK.text(JWK.ec, ["y": #""x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4""#]),
      .unfit(.unfit(.pointNotOnCurve))),
    Bad(
      "x and y changed round",
      JWK.text(
        JWK.ec,
        [
          "x": #""x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#,
          "y": #""f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU""#,
        ]),
      .unfit(.unfit(.pointNotOnCurve))),
    Bad(
      "a short Ed25519 key", JWK.text(JWK.okp, ["x": #""AAAA""#]), .unfit(.unfit(.coordinateLength(3, expected: 32)))),
    Bad(
      "an Ed25519 key of small order", JWK.text(JWK.okp, ["x": "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""]),
      .unfit(.unfit(.pointOfSmallOrder))),
    Bad("no modulus", JWK.text(JWK.rsa, ["n": nil]), .memberMissing("n")),
    Bad("an empty modulus", JWK.text(JWK.rsa, ["n": #""""#]), .unfit(.unfit(.modulusSize(bits: 0)))),
    Bad(
      "a modulus of 1,024 bits", JWK.text(JWK.rsa, ["n": "\"\(modulus(byteCount: 128))\""]),
      .unfit(.unfit(.modulusSize(bits: 1024)))),
    Bad(
      "a modulus of 2,047 bits", JWK.text(JWK.rsa, ["n": "\"\(modulus(byteCount: 256, first: 0x7F))\""]),
      .unfit(.unfit(.modulusSize(bits: 2047)))),
    Bad(
      "a modulus of 8,193 bits", JWK.text(JWK.rsa, ["n": "\"\(modulus(byteCount: 1025, first: 1))\""]),
      .unfit(.unfit(.modulusSize(bits: 8193)))),
    Bad(
      "an even modulus", JWK.text(JWK.rsa, ["n": "\"\(modulus(byteCount: 256, last: 0xFE))\""]),
      .unfit(.unfit(.modulusComposite))),
    Bad(
      "a modulus that three divides", JWK.text(JWK.rsa, ["n": "\"\(modulus(byteCount: 256))\""]),
      .unfit(.unfit(.modulusComposite))),
    Bad("an exponent of 1", JWK.text(JWK.rsa, ["e": #""AQ""#]), .unfit(.unfit(.exponentUnfit))),
    Bad("an exponent of 3", JWK.text(JWK.rsa, ["e": #""Aw""#]), .unfit(.unfit(.exponentUnfit))),
    Bad("an even exponent", JWK.text(JWK.rsa, ["e": #""AQAC""#]), .unfit(.unfit(.exponentUnfit))),
    Bad("an exponent of 33 bits", JWK.text(JWK.rsa, ["e": #""AQAAAAE""#]), .unfit(.unfit(.exponentUnfit))),
    Bad("no exponent", JWK.text(JWK.rsa, ["e": #""""#]), .unfit(.unfit(.exponentUnfit))),
  ]

  /// Nothing but set bits, save for the first and the last byte.
  static func modulus(byteCount: Int, first: UInt8 = 0xFF, last: UInt8 = 0xFF) -> String {
    Sample.encoded([first] + [UInt8](repeating: 0xFF, count: byteCount - 2) + [last])
  }

  @Test(arguments: bad)
  func `a key that is not as it should be is left out, and named`(_ bad: Bad) throws {
    let set = try JWK.read(JWK.set(JWK.text(JWK.okp, ["kid": #""good""#]), bad.key))
    #expect(set.keys.map(\.identifier) == ["good"])
    let unusable = try #require(set.unusable.first)
    #expect(set.unusable.count == 1 && unusable.place == 1 && unusable.flaw == bad.flaw)
    #expect(unusable.message.hasPrefix("key 2"))
    #expect(unusable.message.unicodeScalars.count < 260)
  }

  @Test func `the good keys that the bad ones are made from are good`() throws {
    for key in [JWK.ec, JWK.rsa, JWK.okp, JWK.oct] { #expect(try JWK.read(JWK.set(JWK.text(key))).unusable.isEmpty) }
    let oct = JWK.set(
      JWK.text(JWK.oct, ["k": "\"\(Sample.encoded([UInt8](repeating: 7, count: 64)))\"", "alg": #""HS512""#]))
    #expect(try JWK.read(oct).unusable.isEmpty)
  }

  @Test func `what a key says of itself is shown escaped and cut short`() throws {
    let kid = #"\u001b[31mred"# + String(repeating: "x", count: 200)
    let set = try JWK.read(JWK.set(JWK.text(JWK.ec, ["kid": "\"\(kid)\"", "alg": #""\u202eevil""#])))
    let message = try #require(set.unusable.first?.message)
    #expect(message.hasPrefix(#"key 1 (kid "\u001b[31mredx"#) && message.contains(#"x"…): alg "\u202eevil""#))
    #expect(!message.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
  }

  @Test func `a key's kind can be told beside its flaw`() throws {
    let set = try JWK.read(
      JWK.set(
        #"{"kty":"AKP","kid":"pq","alg":"ML-DSA-44"}"#, JWK.text(JWK.ec, ["crv": #""P-257""#, "kid": nil]),
        #"{"kty":1,"kid":"\u001b"}"#, "7"))
    #expect(
      set.unusable.map(\.messageWithKind) == [
        #"key 1 (kid "pq", kty "AKP", alg "ML-DSA-44"): alg "ML-DSA-44" is not one that this gateway verifies"#,
        #"key 2 (kty "EC", crv "P-257"): crv "P-257" is not one of this kty that signs: P-256, P-384, P-521 or Ed25519"#,
        #"key 3 (kid "\u001b"): 'kty' is not a string"#, "key 4: it is not an object",
      ])
  }

  @Test(arguments: ["EdDSA", "Ed25519"]) func `an Ed25519 key may be for either name of its algorithm`(_ name: String)
    throws
  {
    let set = try JWK.read(JWK.set(JWK.text(JWK.okp, ["alg": "\"\(name)\""])))
    #expect(set.keys.map(\.algorithms) == [[.eddsa]])
    let other = try JWK.read(JWK.set(JWK.text(JWK.ec, ["alg": "\"\(name)\""])))
    #expect(other.unusable.map(\.flaw) == [.unfit(.algorithmUnfit(.eddsa, .ellipticCurve(.p256)))])
  }

  @Test func `nothing secret is taken from where others can read it`() throws {
    let d = #""jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI""#
    let text = JWK.set(JWK.text(JWK.oct), JWK.text(JWK.ec, ["d": d]), JWK.text(JWK.okp))
    let url = try JWK.read(text, secrets: .refused)
    #expect(url.keys.map(\.algorithms) == [[.eddsa]])
    #expect(url.unusable.map(\.flaw) == [.secretInPublic, .privateKeyInPublic])
    #expect(try JWK.read(text).keys.count == 3)
  }

  /// The key of RFC 7638 §3.1 and that of RFC 8037 appendix A.3.
  @Test(
    arguments: [
      (JWK.text(JWK.rsa), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
      (JWK.text(JWK.okp), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ])
  func `a thumbprint is the one of the RFCs`(_ key: String, _ thumbprint: String) throws {
    let publicKey = try #require(try JWK.read(JWK.set(key)).keys.first?.publicKey)
    #expect(try JSONWebKey.thumbprint(of: publicKey) == thumbprint)
  }
}
