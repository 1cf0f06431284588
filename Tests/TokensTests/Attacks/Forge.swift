import Bytes
import Cryptography
import Testing

@testable import Tokens

/// The tokens of an issuer with a key of each kind, and of an attacker who has keys of his own.
enum Forge {
  /// The `kid` of the issuer's key of that kind.
  static func identifier(_ kind: PublicKeyKind) -> String {
    switch kind {
    case .rsa: "rsa"
    case .ellipticCurve(.p256): "p256"
    case .ellipticCurve(.p384): "p384"
    case .ellipticCurve(.p521): "p521"
    case .ed25519: "ed"
    }
  }

  static func key(_ kind: PublicKeyKind) -> PrivateKey {
    guard let key = KeyPair.all[kind] else { preconditionFailure("no key of this kind could be made") }
    return key
  }

  /// The attacker's keys.
  static let others: [PublicKeyKind: PrivateKey] = {
    var keys: [PublicKeyKind: PrivateKey] = [:]
    for kind in KeyPair.kinds { keys[kind] = try? PrivateKey.generate(kind) }
    return keys
  }()

  static func attackersKey(_ kind: PublicKeyKind) -> PrivateKey {
    guard let key = others[kind] else { preconditionFailure("no key of this kind could be made") }
    return key
  }

  static func kind(_ algorithm: SignatureAlgorithm) -> PublicKeyKind {
    guard let kind = KeyPair.kind(for: algorithm) else { preconditionFailure("a secret has no kind") }
    return kind
  }

  /// A header with that algorithm, the `kid` of the key that serves it, and what else it says.
  static func header(_ algorithm: SignatureAlgorithm, _ more: String = "") -> String {
    #"{"alg":"\#(algorithm.rawValue)","kid":"\#(identifier(kind(algorithm)))"\#(more)}"#
  }

  /// A token of these two JSON texts, signed by the key in that scheme, whatever the header says.
  static func token(
    _ header: String, _ payload: String = Sample.payload, key: PrivateKey, scheme: SignatureScheme
  ) -> [UInt8] {
    let text = Array((Sample.encoded(Array(header.utf8)) + "." + Sample.encoded(Array(payload.utf8))).utf8)
    return text + [UInt8(ascii: ".")] + Array(Sample.encoded(signature(of: text, key: key, scheme: scheme)).utf8)
  }

  /// A good token.
  static func token(_ algorithm: SignatureAlgorithm, _ payload: String = Sample.payload) -> [UInt8] {
    signed(header(algorithm), algorithm, payload)
  }

  /// A token whose signature is the issuer's.
  static func signed(
    _ header: String, _ algorithm: SignatureAlgorithm, _ payload: String = Sample.payload
  ) -> [UInt8] {
    token(header, payload, key: key(kind(algorithm)), scheme: algorithm.scheme ?? .ed25519)
  }

  static func signature(of message: [UInt8], key: PrivateKey, scheme: SignatureScheme) -> [UInt8] {
    var signature = ByteBuffer()
    do {
      try SignatureMaker(key, scheme: scheme).sign(message.span, into: &signature)
    } catch {
      return []
    }
    return signature.readable.array
  }

  /// The verdict of a gateway that trusts the issuer's keys, each for all that its kind can, or for one algorithm only.
  static func verdict(_ token: [UInt8], only algorithm: SignatureAlgorithm? = nil) throws -> TokenRejection? {
    let kinds = algorithm.map { [kind($0)] } ?? KeyPair.kinds
    let keys = try kinds.map { kind in
      try VerificationKey(
        publicKey: key(kind).publicKey, identifier: identifier(kind),
        algorithms: algorithm.map { [$0] } ?? SignatureAlgorithm.all(for: kind))
    }
    let algorithms = algorithm.map { [$0] } ?? SignatureAlgorithm.allCases
    return try Sample.verdict(token, [Sample.issuer(algorithms: algorithms, keys: keys)])
  }
}

/// The spellings in which anybody can have a public key.
struct PublishedKey {
  let kind: PublicKeyKind

  /// The bytes that a confused verifier might take for a secret, with the names of the spellings.
  var spellings: [(String, [UInt8])] {
    let key = Forge.key(kind).publicKey
    let der = Self.subjectPublicKeyInfo(key)
    let pem = Self.pem(der)
    let set = JSONWebKeySet.text(
      of: (try? VerificationKey(publicKey: key, algorithms: .all(for: kind))).map { [$0] } ?? [])
    let numbers =
      switch key.components {
      case .rsa(let modulus, _): modulus
      case .ellipticCurve(_, let x, let y): [4] + x + y
      case .ed25519(let x): x
      }
    return [
      ("PEM", Array(pem.utf8)), ("PEM without its last newline", Array(pem.dropLast().utf8)),
      ("PEM with CR LF", Array(pem.replacing("\n", with: "\r\n").utf8)),
      ("PEM without its lines", Array(pem.split(separator: "\n").dropFirst().dropLast().joined().utf8)), ("DER", der),
      ("its numbers", numbers), ("its numbers in base64url", Array(Sample.encoded(numbers).utf8)), ("a JWK Set", set),
      ("a JWK", Array(set.dropFirst(9).dropLast(2))), ("nothing", []),
    ]
  }

  /// SubjectPublicKeyInfo in DER (RFC 5280 §4.1).
  private static func subjectPublicKeyInfo(_ key: PublicKey) -> [UInt8] {
    switch key.components {
    case .rsa(let modulus, let exponent):
      let numbers = der(0x30, der(0x02, [0] + modulus) + der(0x02, exponent))
      let algorithm = der(0x30, der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]) + der(0x05, []))
      return der(0x30, algorithm + der(0x03, [0] + numbers))
    case .ellipticCurve(_, let x, let y):
      let p256: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
      let algorithm = der(0x30, der(0x06, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]) + der(0x06, p256))
      return der(0x30, algorithm + der(0x03, [0, 4] + x + y))
    case .ed25519(let x):
      return der(0x30, der(0x30, der(0x06, [0x2B, 0x65, 0x70])) + der(0x03, [0] + x))
    }
  }

  static func der(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
    let count = contents.count
    if count < 0x80 { return [tag, UInt8(count)] + contents }
    if count < 0x100 { return [tag, 0x81, UInt8(count)] + contents }
    return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xFF)] + contents
  }

  private static func pem(_ der: [UInt8]) -> String {
    // The standard alphabet in lines of 64, padded.
    var text = Sample.encoded(der).replacing("-", with: "+").replacing("_", with: "/")
    while text.utf8.count % 4 != 0 { text += "=" }
    let lines = stride(from: 0, to: text.utf8.count, by: 64).map { String(text.dropFirst($0).prefix(64)) }
    return "-----BEGIN PUBLIC KEY-----\n" + lines.joined(separator: "\n") + "\n-----END PUBLIC KEY-----\n"
  }
}

extension [SignatureAlgorithm] {
  fileprivate static func all(for kind: PublicKeyKind) -> [SignatureAlgorithm] { SignatureAlgorithm.all(for: kind) }
}
