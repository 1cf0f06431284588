import COpenSSL

/// The hash function SHA-1 (FIPS 180-4), for protocols that ask for it where nothing depends on its strength.
///
/// It is broken as far as collisions go: no key, signature or password may rest on it. For any thread.
package enum SHA1 {
  /// The hash of `bytes`; nil if libcrypto doesn't offer it, as a system may have it configured.
  package static func hash(of bytes: Span<UInt8>) -> InlineArray<20, UInt8>? {
    var digest = InlineArray<20, UInt8>(repeating: 0)
    var output = digest.mutableSpan
    // SAFETY: libcrypto reads `bytes.count` bytes and writes the 20 that SHA-1 has.
    let isComputed = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe EVP_Q_digest(nil, "SHA1", nil, bytes.baseAddress, bytes.count, output.baseAddress, nil) == 1
      }
    }
    guard isComputed else {
      ERR_clear_error()
      return nil
    }
    return digest
  }
}
