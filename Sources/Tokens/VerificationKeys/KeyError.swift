package import Cryptography

/// The reason why something can't be used as a key.
package enum KeyError: Error, Sendable, Hashable {
  /// The secret is shorter than the output of the algorithm's hash (RFC 7518 §3.2).
  case secretTooShort(byteCount: Int, needed: Int, algorithm: SignatureAlgorithm)
  /// The shared secret is a key of another kind as programs write them down, which others may know.
  case secretIsKey(KeyForm)
  /// The algorithm takes a key of another kind.
  case algorithmOfAnotherFamily(SignatureAlgorithm)
  /// The public key is of another kind or curve than the algorithm takes.
  case algorithmUnfit(SignatureAlgorithm, PublicKeyKind)
  /// The numbers or the file are no public or private key that we use.
  case unfit(AsymmetricKeyError)
  /// The `kid` is longer than ``VerificationKey/identifierByteCountMax``.
  case identifierTooLong(byteCount: Int)
  /// The key was to serve no algorithm at all.
  case withoutAlgorithm
  /// The system's libcrypto lacks what the algorithm needs, or had no memory for it.
  case algorithmUnavailable(SignatureAlgorithm)
  /// Two keys of one set have this `kid` and serve the same algorithm.
  case identifierRepeated(String)

  /// The reason in words, and what would be right; nothing of the key itself.
  package var message: String {
    switch self {
    case .secretTooShort(let byteCount, let needed, let algorithm):
      "the secret has \(byteCount) bytes; \(algorithm.rawValue) needs at least \(needed)"
    case .secretIsKey(let form):
      "it is \(form.words), not a secret; a shared secret is any other text or bytes, known to issuer and gateway alone"
    case .algorithmOfAnotherFamily(let algorithm):
      "a shared secret can't serve \(algorithm.rawValue), which takes a public key"
    case .algorithmUnfit(let algorithm, let kind):
      "\(algorithm.rawValue) can't be used with \(kind.words)"
    case .unfit(let error): error.message
    case .identifierTooLong(let byteCount):
      "the kid has \(byteCount) bytes; at most \(VerificationKey.identifierByteCountMax) are accepted"
    case .withoutAlgorithm:
      "the key serves none of the issuer's algorithms"
    case .algorithmUnavailable(let algorithm):
      "this system's libcrypto can't do \(algorithm.rawValue)"
    case .identifierRepeated(let identifier):
      "two keys have the kid \(VisibleText.quoted(identifier))"
    }
  }
}

extension PublicKeyKind {
  /// The kind with its article, for messages: "an RSA key of 2048 bits".
  package var words: String {
    switch self {
    case .rsa(let bits): "an RSA key of \(bits) bits"
    case .ellipticCurve(.p256): "a key on P-256"
    case .ellipticCurve(.p384): "a key on P-384"
    case .ellipticCurve(.p521): "a key on P-521"
    case .ed25519: "an Ed25519 key"
    }
  }
}
