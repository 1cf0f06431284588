import COpenSSL

/// The password-based key derivation scrypt (RFC 7914); for any thread, and slow by design.
package enum Scrypt {
  /// `byteCount` bytes derived from the password and the salt, which are both taken whole.
  ///
  /// Takes ``ScryptCost/memory`` bytes while it runs, which go back to the system afterwards.
  ///
  /// - Throws: ``CryptographyError/passwordHashUnavailable``.
  package static func derive(
    _ password: Span<UInt8>, salt: Span<UInt8>, cost: ScryptCost, byteCount: Int
  ) throws(CryptographyError) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: byteCount)
    // What libcrypto counts is the table, the blocks worked on in parallel, and some small change.
    let memory = UInt64(cost.memory + 128 * cost.blockSize * (cost.parallelism + 4))
    // SAFETY: libcrypto reads as many bytes of password and salt as it is told of, and writes `byteCount` bytes into as many.
    let isDerived = unsafe password.withUnsafeBytes { password in
      unsafe salt.withUnsafeBufferPointer { salt in
        unsafe key.withUnsafeMutableBufferPointer { key in
          unsafe EVP_PBE_scrypt(
            password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt.baseAddress, salt.count,
            1 << UInt64(cost.logarithm), UInt64(cost.blockSize), UInt64(cost.parallelism), memory,
            key.baseAddress, key.count) == 1
        }
      }
    }
    guard isDerived else {
      ERR_clear_error()
      throw .passwordHashUnavailable
    }
    return key
  }
}
