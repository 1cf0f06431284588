import COpenSSL

/// A natural number of libcrypto (`BIGNUM`), owned.
@safe
struct BigNumber: ~Copyable {
  // SAFETY: made in init, freed in deinit, not changed in between.
  private let number: OpaquePointer

  /// The number that the bytes are, big-endian; nil if there is no memory for it.
  init?(_ bytes: Span<UInt8>) {
    guard bytes.count <= Int(Int32.max) else { return nil }
    let made = unsafe bytes.withUnsafeBufferPointer { unsafe BN_bin2bn($0.baseAddress, Int32($0.count), nil) }
    guard let made = unsafe made else { return nil }
    unsafe number = made
  }

  init?(_ bytes: [UInt8]) { self.init(bytes.span) }

  /// Takes a number over.
  @unsafe init(owning number: OpaquePointer) { unsafe self.number = number }

  deinit { unsafe BN_clear_free(number) }

  /// libcrypto's own handle, for as long as this number lives.
  @unsafe var handle: OpaquePointer { unsafe number }

  var bitCount: Int { Int(unsafe BN_num_bits(number)) }

  var isOdd: Bool { unsafe BN_is_odd(number) == 1 }

  /// The remainder of a division by `divisor`, which isn't zero.
  func remainder(dividingBy divisor: UInt) -> UInt { unsafe BN_mod_word(number, divisor) }

  /// The number big-endian in exactly that many bytes, nil if it needs more.
  func bytes(count: Int) -> [UInt8]? {
    guard bitCount <= 8 * count else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: libcrypto writes `count` bytes into as many.
    let written = unsafe bytes.withUnsafeMutableBufferPointer {
      unsafe BN_bn2binpad(number, $0.baseAddress, Int32($0.count))
    }
    return written == Int32(count) ? bytes : nil
  }

  /// The number big-endian without leading zeros.
  var minimalBytes: [UInt8]? { bytes(count: (bitCount + 7) / 8) }
}
