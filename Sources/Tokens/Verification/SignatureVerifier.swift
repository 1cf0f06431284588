import Cryptography

/// One key made ready for one of the algorithms that it serves, confined to one thread.
struct SignatureVerifier {
  /// The place of the key in its set.
  let keyIndex: Int
  let algorithm: SignatureAlgorithm
  private let method: Method

  private enum Method {
    case hmac(HMAC)
  }

  /// Every key of the issuer, ready for every algorithm that both of them allow.
  static func all(for issuer: TrustedIssuer) throws(KeyError) -> [SignatureVerifier] {
    var verifiers: [SignatureVerifier] = []
    for (index, key) in issuer.keys.keys.enumerated() {
      for algorithm in key.algorithms where issuer.algorithms.contains(algorithm) {
        switch key.material {
        case .secret(let secret):
          let hmac = try secret.hmac(for: algorithm)
          verifiers.append(SignatureVerifier(keyIndex: index, algorithm: algorithm, method: .hmac(hmac)))
        }
      }
    }
    return verifiers
  }

  /// Whether `signature` is the key's over `signed`.
  func isValid(_ signature: Span<UInt8>, for signed: Span<UInt8>) -> Bool {
    switch method {
    case .hmac(let hmac): hmac.isValid(signature, for: signed)
    }
  }
}
