import Bytes
import Cryptography

/// The bytes of a secret that issuer and gateway share.
///
/// Never printed: only its length is shown.
package struct SharedSecret: Sendable, Equatable {
  let bytes: [UInt8]

  /// The secret as given.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The secret in a file: its bytes as they are, one newline (LF or CR LF) at the end ignored.
  ///
  /// - Throws: ``KeyError/secretIsKey(_:)``.
  package init(file contents: Span<UInt8>) throws(KeyError) {
    self.init(contents.withoutFinalNewline.array)
    try Self.checkIsNoKey(contents)
  }

  /// The secret that an `oct` key of a key set holds.
  ///
  /// - Throws: ``KeyError/secretIsKey(_:)``.
  init(octets: [UInt8]) throws(KeyError) {
    self.init(octets)
    try Self.checkIsNoKey(octets.span)
  }

  private static func checkIsNoKey(_ contents: Span<UInt8>) throws(KeyError) {
    if let form = KeyForm(of: contents) { throw .secretIsKey(form) }
  }

  /// The hash that the algorithm uses with this secret.
  ///
  /// - Throws: ``KeyError/algorithmOfAnotherFamily(_:)``, ``KeyError/secretTooShort(byteCount:needed:algorithm:)``.
  func hash(for algorithm: SignatureAlgorithm) throws(KeyError) -> HashFunction {
    guard let hash = algorithm.hmacHash else { throw .algorithmOfAnotherFamily(algorithm) }
    guard byteCount >= hash.byteCount else {
      throw .secretTooShort(byteCount: byteCount, needed: hash.byteCount, algorithm: algorithm)
    }
    return hash
  }

  /// The secret made ready for the algorithm.
  ///
  /// - Throws: as ``hash(for:)``, and ``KeyError/algorithmUnavailable(_:)``.
  func hmac(for algorithm: SignatureAlgorithm) throws(KeyError) -> HMAC {
    let hash = try hash(for: algorithm)
    do throws(CryptographyError) {
      return try HMAC(hash, key: bytes.span)
    } catch {
      throw .algorithmUnavailable(algorithm)
    }
  }

  /// The length in bytes.
  package var byteCount: Int { bytes.count }
}

extension SharedSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "a secret of \(byteCount) bytes" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
