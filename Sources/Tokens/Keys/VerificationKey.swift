/// A key that verifies tokens, bound to the algorithms that it may be used with.
///
/// The key decides: a token that names an algorithm outside ``algorithms`` does not reach this key (RFC 8725 §3.1).
package struct VerificationKey: Sendable {
  /// The `kid` that it answers to; nil for a key configured without one.
  package let identifier: String?
  /// The algorithms it serves, all of its family.
  package let algorithms: [SignatureAlgorithm]
  let material: KeyMaterial

  /// A secret shared with the issuer, for HMAC.
  ///
  /// - Throws: ``KeyError/secretTooShort(byteCount:needed:algorithm:)``, ``KeyError/algorithmOfAnotherFamily(_:)``,
  ///   ``KeyError/withoutAlgorithm``.
  package init(
    secret: SharedSecret, identifier: String? = nil, algorithms: [SignatureAlgorithm]
  ) throws(KeyError) {
    guard !algorithms.isEmpty else { throw .withoutAlgorithm }
    for algorithm in algorithms { _ = try secret.hash(for: algorithm) }
    self.identifier = identifier
    self.algorithms = algorithms
    material = .secret(secret)
  }

  /// The kind of key it is.
  package var family: KeyFamily {
    switch material {
    case .secret: .secret
    }
  }
}

/// What a key is made of, by its family.
enum KeyMaterial: Sendable {
  case secret(SharedSecret)
}
