/// The reason why something is no public or private key that we use; nothing of the key itself.
package enum AsymmetricKeyError: Error, Sendable, Hashable {
  /// An RSA modulus outside ``PublicKey/modulusBits``.
  case modulusSize(bits: Int)
  /// An RSA modulus that is even or has a small prime factor: no product of two large primes.
  case modulusComposite
  /// An RSA modulus with the mark of CVE-2017-15361 (ROCA): whoever knows it can find its factors.
  case modulusFactorable
  /// An RSA exponent that is even, below 65,537 or of more than 32 bits.
  case exponentUnfit
  /// A coordinate of a point, or an Ed25519 key, of another length than the curve has.
  case coordinateLength(Int, expected: Int)
  /// Numbers that are no point of the curve.
  case pointNotOnCurve
  /// An Ed25519 key for which anyone can make signatures.
  case pointOfSmallOrder
  /// A key of another algorithm or curve.
  case unsupportedKind
  /// A text without a PEM block.
  case notPEM
  /// A PEM block, or what is in it, that can't be read.
  case pemDamaged
  /// A PEM block of something else than what was asked for.
  case pemOfOtherKind(label: String, expected: String)
  /// A PEM text with more than one key.
  case pemOfSeveralKeys
  /// A PEM block that a password protects.
  case pemEncrypted
  /// A private key whose parts don't belong together.
  case partsDisagree
  /// libcrypto lacks what the key needs, or had no memory for it.
  case unavailable

  /// The reason in words, and what would be right.
  package var message: String {
    switch self {
    case .modulusSize(let bits):
      "the RSA modulus has \(bits) bits; \(PublicKey.modulusBits.lowerBound) to \(PublicKey.modulusBits.upperBound) are accepted"
    case .modulusComposite: "the RSA modulus has a small prime factor"
    case .modulusFactorable: "the RSA modulus was made by a generator whose keys can be factored (ROCA, CVE-2017-15361)"
    case .exponentUnfit: "the RSA exponent must be odd, at least 65537 and below 2^32"
    case .coordinateLength(let count, let expected): "a coordinate has \(count) bytes; the curve's have \(expected)"
    case .pointNotOnCurve: "the coordinates are not a point of the curve"
    case .pointOfSmallOrder: "the point has a small order: anyone can sign for it"
    case .unsupportedKind: "the key is not RSA, P-256, P-384, P-521 or Ed25519"
    case .notPEM: "the text holds no PEM block (-----BEGIN …)"
    case .pemDamaged: "the PEM block can't be read"
    case .pemOfOtherKind(let label, let expected): "the PEM block is '\(label)'; expected: \(expected)"
    case .pemOfSeveralKeys: "the PEM text holds several keys"
    case .pemEncrypted: "the PEM key is protected by a password; it must be stored without"
    case .partsDisagree: "the private key's parts do not belong together"
    case .unavailable: "this system's libcrypto can't use the key"
    }
  }
}
