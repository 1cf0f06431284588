/// A hash function of SHA-2 (FIPS 180-4).
package enum HashFunction: Sendable, Hashable, CaseIterable {
  case sha256
  case sha384
  case sha512

  /// The length of its output, in bytes.
  package var byteCount: Int {
    switch self {
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  /// What libcrypto calls it.
  var name: StaticString {
    switch self {
    case .sha256: "SHA256"
    case .sha384: "SHA384"
    case .sha512: "SHA512"
    }
  }
}
