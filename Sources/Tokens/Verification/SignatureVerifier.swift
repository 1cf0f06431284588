import Cryptography

/// One key made ready for one of the algorithms that it serves; confined to one thread.
enum SignatureVerifier {
  case secret(HMAC)
  case publicKey(SignatureCheck)

  /// - Throws: ``KeyError/algorithmUnavailable(_:)``, or that the key can't serve the algorithm.
  init(_ key: VerificationKey, for algorithm: SignatureAlgorithm) throws(KeyError) {
    switch key.material {
    case .secret(let secret):
      self = .secret(try secret.hmac(for: algorithm))
    case .publicKey(let publicKey):
      guard let scheme = algorithm.scheme else { throw .algorithmUnfit(algorithm, publicKey.kind) }
      do throws(CryptographyError) {
        self = .publicKey(try SignatureCheck(publicKey, scheme: scheme))
      } catch {
        throw .algorithmUnavailable(algorithm)
      }
    }
  }

  /// Verifies a signature of `signed`.
  func isValid(_ signature: Span<UInt8>, for signed: Span<UInt8>) -> Bool {
    switch self {
    case .secret(let hmac): hmac.isValid(signature, for: signed)
    case .publicKey(let check): check.isValid(signature, for: signed)
    }
  }
}

/// The keys of one issuer, each made ready when a token first asks for it and kept so; confined to one thread.
///
/// An issuer may have a thousand keys, of which a handful is in use: a changed set costs a worker nothing.
final class PreparedKeys {
  private let keys: KeySet
  private var prepared: [[(algorithm: SignatureAlgorithm, verifier: SignatureVerifier)]]

  /// Makes the shared secrets ready at once.
  ///
  /// - Throws: ``KeyError/algorithmUnavailable(_:)``.
  init(_ keys: KeySet, allowing algorithms: [SignatureAlgorithm]) throws(KeyError) {
    self.keys = keys
    prepared = Array(repeating: [], count: keys.keys.count)
    for (index, key) in keys.keys.enumerated() where key.family == .secret {
      for algorithm in key.algorithms where algorithms.contains(algorithm) { _ = try prepare(index, for: algorithm) }
    }
  }

  /// The verifier for a token of that algorithm, `kid` and `iat`; nil if there is no key for it.
  ///
  /// - Throws: ``KeyError/algorithmUnavailable(_:)``.
  func verifier(
    for algorithm: SignatureAlgorithm, identifier: String?, issuedAt: Double? = nil
  ) throws(KeyError) -> SignatureVerifier? {
    guard let index = keys.index(for: algorithm, identifier: identifier), keys.keys[index].admits(issuedAt: issuedAt)
    else { return nil }
    for (ready, verifier) in prepared[index] where ready == algorithm { return verifier }
    return try prepare(index, for: algorithm)
  }

  private func prepare(_ index: Int, for algorithm: SignatureAlgorithm) throws(KeyError) -> SignatureVerifier {
    let verifier = try SignatureVerifier(keys.keys[index], for: algorithm)
    prepared[index].append((algorithm, verifier))
    return verifier
  }
}
