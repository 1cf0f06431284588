import COpenSSL

/// Comparisons that take as long for any two values of one length.
package enum ConstantTime {
  /// Compares the bytes in a time that tells nothing of them.
  ///
  /// The lengths may be told apart by time, the bytes not.
  package static func equals(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    let count = left.count
    guard right.count == count else { return false }
    guard count > 0 else { return true }
    // SAFETY: both hold `count` initialised bytes.
    return unsafe left.withUnsafeBufferPointer { a in
      unsafe right.withUnsafeBufferPointer { b in
        unsafe CRYPTO_memcmp(a.baseAddress, b.baseAddress, count) == 0
      }
    }
  }
}
