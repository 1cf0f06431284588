package import Cryptography

/// A key that signs tokens, bound to one algorithm; never printed.
package struct SigningKey: Sendable {
  package let algorithm: SignatureAlgorithm
  /// The `kid` of the tokens that it signs; nil for none.
  package let identifier: String?
  let material: Material

  enum Material: Sendable {
    case secret(SharedSecret)
    case privateKey(PrivateKey)
  }

  /// A secret that every verifier of the tokens has as well.
  ///
  /// - Throws: ``KeyError/secretTooShort(byteCount:needed:algorithm:)``, ``KeyError/algorithmOfAnotherFamily(_:)``.
  package init(algorithm: SignatureAlgorithm, secret: SharedSecret, identifier: String?) throws(KeyError) {
    _ = try secret.hash(for: algorithm)
    self.algorithm = algorithm
    self.identifier = identifier
    material = .secret(secret)
  }

  /// A private key, by default named after its thumbprint.
  ///
  /// - Throws: ``KeyError/algorithmUnfit(_:_:)``, ``KeyError/algorithmUnavailable(_:)``.
  package init(
    algorithm: SignatureAlgorithm, privateKey: PrivateKey, identifier: String? = nil
  ) throws(KeyError) {
    let kind = privateKey.publicKey.kind
    guard SignatureAlgorithm.all(for: kind).contains(algorithm) else { throw .algorithmUnfit(algorithm, kind) }
    self.algorithm = algorithm
    self.identifier = if let identifier { identifier } else { try JSONWebKey.thumbprint(of: privateKey.publicKey) }
    material = .privateKey(privateKey)
  }

  /// The key that verifies the tokens.
  ///
  /// - Throws: ``KeyError/identifierTooLong(byteCount:)``.
  package func verificationKey() throws(KeyError) -> VerificationKey {
    switch material {
    case .secret(let secret): try VerificationKey(secret: secret, identifier: identifier, algorithms: [algorithm])
    case .privateKey(let key):
      try VerificationKey(publicKey: key.publicKey, identifier: identifier, algorithms: [algorithm])
    }
  }
}
