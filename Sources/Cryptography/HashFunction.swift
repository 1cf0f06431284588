import Bytes
import COpenSSL

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

  /// The hash of the bytes.
  ///
  /// - Throws: ``CryptographyError/algorithmUnavailable(_:)``.
  package func digest(of bytes: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
    var output = Digest.Output(repeating: 0)
    guard let digest = Digest(self), digest.compute(bytes, into: &output) else {
      ERR_clear_error()
      throw .algorithmUnavailable(self)
    }
    return output.span.extracting(..<byteCount).array
  }

  /// Its name in libcrypto.
  var name: StaticString {
    switch self {
    case .sha256: "SHA256"
    case .sha384: "SHA384"
    case .sha512: "SHA512"
    }
  }
}
