import Bytes
import Cryptography
import Testing

@Suite struct `Keys in PEM` {
  @Test(
    arguments: [
      (PEMSample.point, .ellipticCurve(.p256)), (PEMSample.pointCompressed, .ellipticCurve(.p256)),
      (PEMSample.certificate, .ellipticCurve(.p256)), (PEMSample.edwards, .ed25519),
      (PEMSample.rsa, .rsa(modulusBits: 2048)), (PEMSample.rsaPKCS1, .rsa(modulusBits: 2048)),
      ("a comment\n" + PEMSample.point + "and another\n", .ellipticCurve(.p256)),
      (PEMSample.certificate + PEMSample.certificate, .ellipticCurve(.p256)),
      (PEMSample.point.replacing("\n", with: "\r\n"), .ellipticCurve(.p256)),
    ] as [(String, PublicKeyKind)])
  func `a public key is read`(_ text: String, _ kind: PublicKeyKind) throws {
    #expect(try Self.publicKey(text).kind == kind)
  }

  @Test func `every form of one key is that key`() throws {
    let key = try Self.publicKey(PEMSample.point)
    for text in [PEMSample.pointCompressed, PEMSample.certificate] { #expect(try Self.publicKey(text) == key) }
    for text in [PEMSample.pointKey, PEMSample.pointKeyPKCS8] { #expect(try Self.privateKey(text).publicKey == key) }
    #expect(try Self.publicKey(PEMSample.rsa) == Self.publicKey(PEMSample.rsaPKCS1))
    #expect(try Self.privateKey(PEMSample.rsaKey).publicKey == Self.publicKey(PEMSample.rsa))
    #expect(try Self.privateKey(PEMSample.edwardsKey).publicKey == Self.publicKey(PEMSample.edwards))
  }

  static let expected = "PUBLIC KEY or CERTIFICATE"

  @Test(
    arguments: [
      ("", .notPEM), ("no key", .notPEM), ("-----BEGIN PUBLIC KEY-----\n", .pemDamaged),
      (PEMSample.point.replacing("MFkw", with: "MFkx"), .pemDamaged),
      (PEMSample.point.replacing("zj7I", with: "zj7J"), .pemDamaged),
      (PEMSample.point.replacing("QcDQ", with: "Qc!Q"), .pemDamaged),
      (PEMSample.point.replacing("uwgQ==", with: "uwgQAA"), .pemDamaged),
      (PEMSample.point.replacing("END PUBLIC", with: "END PRIVATE"), .pemDamaged),
      (PEMSample.point + PEMSample.rsa, .pemOfSeveralKeys),
      (PEMSample.point + PEMSample.certificate, .pemOfSeveralKeys),
      (PEMSample.certificate + PEMSample.point, .pemOfSeveralKeys),
      (PEMSample.pointKeyPKCS8, .pemOfOtherKind(label: "PRIVATE KEY", expected: expected)),
      (PEMSample.pointKeyEncrypted, .pemOfOtherKind(label: "ENCRYPTED PRIVATE KEY", expected: expected)),
      (
        PEMSample.point.replacing("PUBLIC KEY", with: "\u{1B}[31m" + String(repeating: "x", count: 60)),
        .pemOfOtherKind(label: "?[31m" + String(repeating: "x", count: 35), expected: expected)
      ),
      (PEMSample.bitcoinPoint, .unsupportedKind), (PEMSample.agreementPoint, .unsupportedKind),
      (PEMSample.rsaForPSSOnly, .unsupportedKind), (PEMSample.rsaShort, .modulusSize(bits: 1024)),
    ] as [(String, AsymmetricKeyError)])
  func `what is no public key for us is refused`(_ text: String, _ error: AsymmetricKeyError) {
    #expect(throws: error) { try Self.publicKey(text) }
  }

  @Test(
    arguments: [
      ("", .notPEM), (PEMSample.pointKeyPKCS8.replacing("MIGH", with: "MIGG"), .pemDamaged),
      (PEMSample.point, .pemOfOtherKind(label: "PUBLIC KEY", expected: "PRIVATE KEY")),
      (PEMSample.pointKeyEncrypted, .pemEncrypted), (PEMSample.pointKeyEncryptedOldForm, .pemEncrypted),
      (PEMSample.pointKeyPKCS8 + PEMSample.edwardsKey, .pemOfSeveralKeys),
      (PEMSample.pointKeyOfTwo, .partsDisagree),
    ] as [(String, AsymmetricKeyError)])
  func `what is no private key for us is refused`(_ text: String, _ error: AsymmetricKeyError) {
    #expect(throws: error) { try Self.privateKey(text) }
  }

  /// Explicit parameters of a named curve are that curve; what is kept of the key says nothing of them.
  @Test func `a curve that is spelled out is the one that it equals`() throws {
    #expect(try Self.publicKey(PEMSample.pointExplicit).kind == .ellipticCurve(.p256))
  }

  @Test func `a new RSA key has a size within bounds`() {
    #expect(throws: AsymmetricKeyError.modulusSize(bits: 1024)) { try PrivateKey.generate(.rsa(modulusBits: 1024)) }
    #expect(throws: AsymmetricKeyError.modulusSize(bits: 16384)) { try PrivateKey.generate(.rsa(modulusBits: 16384)) }
  }

  static func publicKey(_ text: String) throws -> PublicKey { try PublicKey(pem: Array(text.utf8).span) }
  static func privateKey(_ text: String) throws -> PrivateKey { try PrivateKey(pem: Array(text.utf8).span) }
}
