import COpenSSL

/// Random bytes fit for keys and identifiers, from libcrypto's generator; for any thread.
package enum SecureRandom {
  /// That many fresh random bytes.
  ///
  /// - Throws: ``CryptographyError/randomnessUnavailable``.
  package static func bytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
    precondition(count >= 0 && count <= 1 << 20, "random bytes by the megabyte")
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: libcrypto writes exactly `count` bytes into as many.
    let isFilled = unsafe bytes.withUnsafeMutableBufferPointer {
      unsafe RAND_bytes($0.baseAddress, Int32($0.count)) == 1
    }
    guard isFilled else {
      ERR_clear_error()
      throw .randomnessUnavailable
    }
    return bytes
  }

  /// A fresh random number of 64 bits.
  ///
  /// - Throws: ``CryptographyError/randomnessUnavailable``.
  package static func word() throws(CryptographyError) -> UInt64 {
    try bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
