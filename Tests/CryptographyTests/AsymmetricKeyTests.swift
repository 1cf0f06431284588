import Bytes
import Cryptography
import Testing

@Suite struct `Public and private keys` {
  static let kinds: [PublicKeyKind] = [
    .rsa(modulusBits: 2048), .rsa(modulusBits: 3072), .ellipticCurve(.p256), .ellipticCurve(.p384),
    .ellipticCurve(.p521),
    .ed25519,
  ]

  @Test(arguments: kinds)
  func `a private key survives its PEM text`(_ kind: PublicKeyKind) throws {
    let key = try PrivateKey.generate(kind)
    #expect(key.publicKey.kind == kind)
    let text = try key.pem()
    #expect(text.span.text.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    #expect(text.span.text.hasSuffix("-----END PRIVATE KEY-----\n"))
    #expect(try PrivateKey(pem: text.span).publicKey == key.publicKey)
  }

  @Test(arguments: kinds)
  func `a public key is its numbers`(_ kind: PublicKeyKind) throws {
    let key = try PrivateKey.generate(kind).publicKey
    let again =
      switch key.components {
      case .rsa(let modulus, let exponent): try PublicKey(rsaModulus: modulus.span, exponent: exponent.span)
      case .ellipticCurve(let curve, let x, let y): try PublicKey(curve, x: x.span, y: y.span)
      case .ed25519(let bytes): try PublicKey(ed25519: bytes.span)
      }
    #expect(again == key)
  }

  @Test func `a private key is never printed`() throws {
    let key = try PrivateKey.generate(.ed25519)
    var dumped = ""
    dump(key, to: &dumped)
    #expect("\(key)" == "a private key" && String(reflecting: key) == "a private key")
    #expect(dumped == "- a private key\n")
  }

  static let generator: (x: String, y: String) = (
    "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296",
    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
  )

  @Test func `a point must lie on its curve, in coordinates of the right length`() throws {
    let (x, y) = (Self.bytes(Self.generator.x), Self.bytes(Self.generator.y))
    #expect(try PublicKey(.p256, x: x.span, y: y.span).kind == .ellipticCurve(.p256))
    #expect(throws: AsymmetricKeyError.pointNotOnCurve) { try PublicKey(.p256, x: y.span, y: x.span) }
    let zeros = [UInt8](repeating: 0, count: 32)
    #expect(throws: AsymmetricKeyError.pointNotOnCurve) { try PublicKey(.p256, x: zeros.span, y: zeros.span) }
    let ones = [UInt8](repeating: 0xFF, count: 32)
    #expect(throws: AsymmetricKeyError.pointNotOnCurve) { try PublicKey(.p256, x: ones.span, y: ones.span) }
    let longer = [0] + x
    #expect(throws: AsymmetricKeyError.coordinateLength(33, expected: 32)) {
      try PublicKey(.p256, x: longer.span, y: y.span)
    }
    let shorter = Array(y.dropFirst())
    #expect(throws: AsymmetricKeyError.coordinateLength(31, expected: 32)) {
      try PublicKey(.p256, x: x.span, y: shorter.span)
    }
    #expect(throws: AsymmetricKeyError.coordinateLength(32, expected: 48)) {
      try PublicKey(.p384, x: x.span, y: y.span)
    }
  }

  /// Points of small order in every spelling (libsodium's list), heights of no point, and one that is only too long a spelling.
  @Test(
    arguments: [
      ("0000000000000000000000000000000000000000000000000000000000000000", .pointOfSmallOrder),
      ("0000000000000000000000000000000000000000000000000000000000000080", .pointOfSmallOrder),
      ("0100000000000000000000000000000000000000000000000000000000000000", .pointOfSmallOrder),
      ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", .pointOfSmallOrder),
      ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", .pointOfSmallOrder),
      ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", .pointOfSmallOrder),
      ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", .pointOfSmallOrder),
      ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", .pointOfSmallOrder),
      ("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", .pointNotOnCurve),
      ("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", .pointNotOnCurve),
      ("0200000000000000000000000000000000000000000000000000000000000000", .pointNotOnCurve),
      ("00", .coordinateLength(1, expected: 32)),
      ("", .coordinateLength(0, expected: 32)),
    ] as [(String, AsymmetricKeyError)])
  func `an Ed25519 key is a point that not everybody can sign for`(_ text: String, _ error: AsymmetricKeyError) throws {
    let bytes = Self.bytes(text)
    #expect(throws: error) { try PublicKey(ed25519: bytes.span) }
  }

  static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal.utf8).compactMap(ASCII.hexadecimalValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
