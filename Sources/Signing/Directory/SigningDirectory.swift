package import Configuration
import Cryptography
package import Files
package import Tokens

/// The key directory of a configuration: reads, makes and changes the keys in it.
///
/// Blocks; not for a loop's thread.
package struct SigningDirectory: Sendable, Equatable {
  package let path: String
  /// The algorithm of new keys.
  package let algorithm: SignatureAlgorithm
  /// The lifetime of what is signed, in seconds.
  let lifetime: Int

  /// The time for which a key should be known before it signs, in seconds: as long as others may keep the documents.
  package static let settlingTime = 300

  /// Nil for a configuration without one.
  package init?(_ configuration: GatewayConfiguration) {
    guard let directory = configuration.keyDirectory else { return nil }
    path = directory.path.value
    algorithm = directory.algorithm
    lifetime = configuration.signatureLifetime
  }

  /// The file that says what each key is for; whatever changes, it is replaced.
  var indexPath: String { files.indexPath }

  private var files: KeyDirectory { KeyDirectory(path: path) }

  /// The keys; nil if there are none yet.
  package func read(now: Int) throws(FileError) -> SigningKeys? {
    guard let contents = try files.read(now: now) else { return nil }
    return try SigningKeys(contents, in: path)
  }

  /// The keys; if there are none yet, the first two are made.
  ///
  /// Those that are over are removed.
  package func open(now: Int) throws(FileError) -> SigningKeys {
    try SigningKeys(
      try files.readOrMake(lifetime: lifetime, now: now) { () throws(FileError) in try makeKey(algorithm) },
      in: path)
  }

  /// Makes the next key the current one, and another next one.
  package func rotate(now: Int) throws(FileError) -> KeyRing {
    try files.rotate(lifetime: lifetime, now: now) { () throws(FileError) in try makeKey(algorithm) }
  }

  /// Makes a new current and a new next key and drops all others.
  ///
  /// - Returns: also what was dropped.
  package func revokeAll(now: Int) throws(FileError) -> (ring: KeyRing, revoked: [KeyRecord]) {
    try files.revokeAll(lifetime: lifetime, now: now) { () throws(FileError) in try makeKey(algorithm) }
  }

  /// Drops one key; if it was the current or the next one, another takes its place.
  ///
  /// - Returns: also what was dropped.
  /// - Throws: also that there is no such key.
  package func revoke(
    _ identifier: String, now: Int
  ) throws(FileError) -> (ring: KeyRing, revoked: KeyRecord) {
    try files.revoke(identifier, lifetime: lifetime, now: now) { () throws(FileError) in try makeKey(algorithm) }
  }

  /// Makes another next key.
  package func replaceNext(_ algorithm: SignatureAlgorithm?, now: Int) throws(FileError) -> KeyRing {
    try files.replaceNext(lifetime: lifetime, now: now) { () throws(FileError) in
      try makeKey(algorithm ?? self.algorithm)
    }
  }

  /// Notes that the current key has signed a token of that lifetime, so that it is kept for as long.
  package func note(lifetime: Int, now: Int) throws(FileError) {
    guard let ring = try files.read(now: now)?.ring, ring.current.lifetime < lifetime else { return }
    try files.tidy(lifetime: lifetime, now: now)
  }

  /// Removes the keys that are over, if the directory can be written.
  func removeWhatIsOver(now: Int) {
    // What can't be removed is neither published nor used all the same.
    do throws(FileError) { try files.tidy(lifetime: lifetime, now: now) } catch {}
  }

  private func makeKey(_ algorithm: SignatureAlgorithm) throws(FileError) -> KeyDirectory.NewKey {
    do throws(KeyError) {
      let fresh = try KeyMaker.make(for: algorithm)
      return KeyDirectory.NewKey(identifier: fresh.identifier, algorithm: algorithm.rawValue, pem: fresh.pem)
    } catch {
      throw FileError(path: path, reason: "no key can be made: \(error.message)")
    }
  }
}

/// Makes key pairs.
package enum KeyMaker {
  /// A pair, written down.
  package struct Pair {
    package let identifier: String
    /// The private key in PEM (PKCS #8).
    package let pem: [UInt8]
    package let publicKey: VerificationKey
  }

  /// The length of the modulus of an RSA key: the one of most issuers.
  private static let modulusBits = 2048

  /// - Throws: `KeyError.algorithmOfAnotherFamily` for an HMAC.
  package static func make(for algorithm: SignatureAlgorithm) throws(KeyError) -> Pair {
    let kind: PublicKeyKind
    switch algorithm {
    case .hs256, .hs384, .hs512: throw .algorithmOfAnotherFamily(algorithm)
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: kind = .rsa(modulusBits: modulusBits)
    case .es256: kind = .ellipticCurve(.p256)
    case .es384: kind = .ellipticCurve(.p384)
    case .es512: kind = .ellipticCurve(.p521)
    case .eddsa: kind = .ed25519
    }
    let (privateKey, pem) = try generate(kind)
    let key = try SigningKey(algorithm: algorithm, privateKey: privateKey)
    return Pair(identifier: key.identifier ?? "", pem: pem, publicKey: try key.verificationKey())
  }

  private static func generate(_ kind: PublicKeyKind) throws(KeyError) -> (PrivateKey, pem: [UInt8]) {
    do throws(AsymmetricKeyError) {
      let key = try PrivateKey.generate(kind)
      return (key, try key.pem())
    } catch {
      throw .unfit(error)
    }
  }
}
