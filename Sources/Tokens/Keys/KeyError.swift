/// Why something can't be used as a key.
package enum KeyError: Error, Sendable, Hashable {
  /// The secret is shorter than the output of the algorithm's hash (RFC 7518 §3.2).
  case secretTooShort(byteCount: Int, needed: Int, algorithm: SignatureAlgorithm)
  /// The file holds a PEM text where a shared secret was expected.
  case secretIsPEM
  /// The algorithm takes a key of another kind.
  case algorithmOfAnotherFamily(SignatureAlgorithm)
  /// The key was to serve no algorithm at all.
  case withoutAlgorithm
  /// The system's libcrypto lacks what the algorithm needs, or had no memory for it.
  case algorithmUnavailable(SignatureAlgorithm)
  /// Two keys of one set have this `kid` and serve the same algorithm.
  case identifierRepeated(String)

  /// What is wrong and what would be right, in words; nothing of the key itself.
  package var message: String {
    switch self {
    case .secretTooShort(let byteCount, let needed, let algorithm):
      "the secret has \(byteCount) bytes; \(algorithm.rawValue) needs at least \(needed)"
    case .secretIsPEM:
      "the file holds a PEM key; a shared secret is any other text or bytes, known to issuer and gateway alone"
    case .algorithmOfAnotherFamily(let algorithm):
      "a shared secret can't serve \(algorithm.rawValue), which takes a public key"
    case .withoutAlgorithm:
      "the key serves none of the issuer's algorithms"
    case .algorithmUnavailable(let algorithm):
      "this system's libcrypto can't do \(algorithm.rawValue)"
    case .identifierRepeated(let identifier):
      "two keys have the kid '\(identifier)'"
    }
  }
}
