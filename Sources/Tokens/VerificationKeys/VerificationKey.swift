package import Cryptography
import JSON

/// A key that verifies tokens, bound to the algorithms that it may be used with.
///
/// The key decides: a token that names an algorithm outside ``algorithms`` does not reach this key (RFC 8725 §3.1).
package struct VerificationKey: Sendable {
  /// The most bytes a `kid` may have.
  package static let identifierByteCountMax = 256

  /// The `kid` that it answers to; nil for a key configured without one.
  package let identifier: String?
  /// The algorithms it serves, all of its family.
  package let algorithms: [SignatureAlgorithm]
  /// The latest `iat` of a token that it verifies, in seconds since the epoch; nil for a key that signs, or may sign, by now.
  package private(set) var latestIssue: Double?
  let material: KeyMaterial

  /// A secret shared with the issuer, for HMAC.
  ///
  /// - Throws: ``KeyError/secretTooShort(byteCount:needed:algorithm:)``, ``KeyError/algorithmOfAnotherFamily(_:)``,
  ///   ``KeyError/withoutAlgorithm``, ``KeyError/identifierTooLong(byteCount:)``.
  package init(
    secret: SharedSecret, identifier: String? = nil, algorithms: [SignatureAlgorithm]
  ) throws(KeyError) {
    for algorithm in algorithms { _ = try secret.hash(for: algorithm) }
    try self.init(.secret(secret), identifier, algorithms)
  }

  /// A public key, for the algorithms given, all of which it must be able to serve.
  ///
  /// - Throws: ``KeyError/algorithmUnfit(_:_:)``, ``KeyError/withoutAlgorithm``, ``KeyError/identifierTooLong(byteCount:)``.
  package init(
    publicKey: PublicKey, identifier: String? = nil, algorithms: [SignatureAlgorithm]
  ) throws(KeyError) {
    let fit = SignatureAlgorithm.all(for: publicKey.kind)
    for algorithm in algorithms where !fit.contains(algorithm) { throw .algorithmUnfit(algorithm, publicKey.kind) }
    try self.init(.publicKey(publicKey), identifier, algorithms)
  }

  private init(_ material: KeyMaterial, _ identifier: String?, _ algorithms: [SignatureAlgorithm]) throws(KeyError) {
    guard !algorithms.isEmpty else { throw .withoutAlgorithm }
    if let count = identifier?.utf8.count, count > Self.identifierByteCountMax {
      throw .identifierTooLong(byteCount: count)
    }
    self.identifier = identifier
    self.algorithms = algorithms
    self.material = material
  }

  /// The same key after its retirement: it verifies no token without `iat`, and none issued later than that.
  package func retired(latestIssue: Double) -> VerificationKey {
    var key = self
    key.latestIssue = latestIssue
    return key
  }

  /// True if the key may verify a token that was issued then; nil stands for a token that doesn't say when.
  func admits(issuedAt: Double?) -> Bool {
    guard let latestIssue else { return true }
    return issuedAt.map { $0 <= latestIssue } ?? false
  }

  /// The kind of key it is.
  package var family: KeyFamily {
    switch material {
    case .secret: .secret
    case .publicKey(let key):
      switch key.kind {
      case .rsa: .rsa
      case .ellipticCurve: .ellipticCurve
      case .ed25519: .edwards
      }
    }
  }

  /// The public key that it is; nil for a secret.
  package var publicKey: PublicKey? {
    switch material {
    case .secret: nil
    case .publicKey(let key): key
    }
  }

  /// Compares everything about two keys: material, name, algorithms, and the time of their tokens.
  package func isSame(as other: VerificationKey) -> Bool {
    guard algorithms == other.algorithms, material == other.material, latestIssue == other.latestIssue else {
      return false
    }
    switch (identifier, other.identifier) {
    case (let own?, let others?): return own.equalsExactly(others)
    case (nil, nil): return true
    case (_?, nil), (nil, _?): return false
    }
  }
}

/// The material of a key, by its family.
enum KeyMaterial: Sendable, Equatable {
  case secret(SharedSecret)
  case publicKey(PublicKey)
}
