/// A key with what its scheme needs, ready for message after message; confined to one thread.
enum PreparedKey {
  case rsa(KeyOperation, Digest)
  case ecdsa(KeyOperation, Digest, ECDSASignature)
  case ed25519(EdwardsOperation)

  enum Purpose {
    case sign
    case verify
  }

  /// Nil if libcrypto can't do it; the scheme is one of the key's own.
  init?(_ purpose: Purpose, _ key: consuming NativeKey, _ kind: PublicKeyKind, _ scheme: SignatureScheme) {
    guard let hash = scheme.hash else {
      guard let operation = EdwardsOperation(purpose, key: key) else { return nil }
      self = .ed25519(operation)
      return
    }
    guard let digest = Digest(hash), let operation = KeyOperation(purpose, key: key, scheme: scheme, digest: digest)
    else { return nil }
    if case .ellipticCurve(let curve) = kind {
      self = .ecdsa(operation, digest, ECDSASignature(curve))
    } else {
      self = .rsa(operation, digest)
    }
  }
}
