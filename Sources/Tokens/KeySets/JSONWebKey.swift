import Bytes
package import Cryptography
import JSON

/// The permission to take shared secrets and private keys from a text: a file of the operator's own may hold them, a fetched text may not.
package enum SecretPolicy: Sendable, Hashable {
  case allowed
  case refused
}

/// One key as JSON (RFC 7517 §4; its numbers, RFC 7518 §6 and RFC 8037 §2).
package enum JSONWebKey {
  /// The key as JSON, nothing private in it; nil for a secret.
  static func object(of key: VerificationKey) -> JSONObject? {
    guard let publicKey = key.publicKey else { return nil }
    var object = members(of: publicKey)
    if let identifier = key.identifier { object["kid"] = .string(identifier) }
    object["use"] = .string("sig")
    if key.algorithms.count == 1, let algorithm = key.algorithms.first { object["alg"] = .string(algorithm.rawValue) }
    return object
  }

  /// A name that everybody who has the key finds for it: the SHA-256 of its members (RFC 7638 §3).
  ///
  /// - Throws: ``KeyError/algorithmUnavailable(_:)``.
  package static func thumbprint(of key: PublicKey) throws(KeyError) -> String {
    var text = ByteBuffer(capacity: 1024)
    text.appendJSON(members(of: key))
    do throws(CryptographyError) {
      return encoded(try HashFunction.sha256.digest(of: text.readable))
    } catch {
      throw .algorithmUnavailable(.hs256)
    }
  }

  /// The members that the key can't do without, in the order of their names and so as RFC 7638 has it hashed.
  private static func members(of key: PublicKey) -> JSONObject {
    switch key.components {
    case .rsa(let modulus, let exponent):
      ["e": .string(encoded(exponent)), "kty": .string("RSA"), "n": .string(encoded(modulus))]
    case .ellipticCurve(let curve, let x, let y):
      [
        "crv": .string(name(of: curve)), "kty": .string("EC"), "x": .string(encoded(x)), "y": .string(encoded(y)),
      ]
    case .ed25519(let x):
      ["crv": .string("Ed25519"), "kty": .string("OKP"), "x": .string(encoded(x))]
    }
  }

  private static func name(of curve: EllipticCurve) -> String {
    switch curve {
    case .p256: "P-256"
    case .p384: "P-384"
    case .p521: "P-521"
    }
  }

  private static func encoded(_ bytes: [UInt8]) -> String {
    var text = ByteBuffer(capacity: 1536)
    Base64URL.encode(bytes.span, into: &text)
    return text.text
  }
}
