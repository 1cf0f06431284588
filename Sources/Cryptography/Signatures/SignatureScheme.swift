/// A way to sign with a private key (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1).
package enum SignatureScheme: Sendable, Hashable {
  /// RSASSA-PKCS1-v1_5.
  case rsaPKCS1(HashFunction)
  /// RSASSA-PSS, the mask made with the same hash, the salt as long as its output.
  case rsaPSS(HashFunction)
  /// ECDSA, the signature being r and s one after the other.
  case ecdsa(HashFunction)
  /// EdDSA with Ed25519 (RFC 8032 §5.1).
  case ed25519
}

extension SignatureScheme {
  /// The hash that is signed in the message's stead; nil where the message itself is.
  var hash: HashFunction? {
    switch self {
    case .rsaPKCS1(let hash), .rsaPSS(let hash), .ecdsa(let hash): hash
    case .ed25519: nil
    }
  }
}

extension PublicKeyKind {
  /// Tells whether a key of this kind can sign so.
  func fits(_ scheme: SignatureScheme) -> Bool {
    switch (self, scheme) {
    case (.rsa, .rsaPKCS1), (.rsa, .rsaPSS), (.ellipticCurve, .ecdsa), (.ed25519, .ed25519): true
    case (.rsa, _), (.ellipticCurve, _), (.ed25519, _): false
    }
  }

  /// The length of each of its signatures, in bytes.
  var signatureByteCount: Int {
    switch self {
    case .rsa(let bits): (bits + 7) / 8
    case .ellipticCurve(let curve): 2 * curve.coordinateByteCount
    case .ed25519: 64
    }
  }

  /// A scheme that it fits.
  var anyScheme: SignatureScheme {
    switch self {
    case .rsa: .rsaPKCS1(.sha256)
    case .ellipticCurve: .ecdsa(.sha256)
    case .ed25519: .ed25519
    }
  }
}
