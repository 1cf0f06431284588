import COpenSSL

/// A text or bytes in memory that libcrypto reads or writes (`BIO`), owned.
@safe
final class MemoryText {
  // SAFETY: made in init, freed in deinit; holds a copy of what it was given.
  private let bio: OpaquePointer

  /// Room to write to; nil if there is no memory for it.
  init?() {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { return nil }
    unsafe self.bio = bio
  }

  /// A copy of the bytes to read from; nil if there is no memory for it.
  convenience init?(_ bytes: Span<UInt8>) {
    self.init()
    guard let count = Int32(exactly: bytes.count) else { return nil }
    // SAFETY: libcrypto reads `count` bytes.
    let isWritten = unsafe bytes.withUnsafeBufferPointer {
      unsafe count == 0 || BIO_write(bio, $0.baseAddress, count) == count
    }
    guard isWritten else { return nil }
  }

  deinit { unsafe BIO_free(bio) }

  /// libcrypto's own handle, for as long as this text lives.
  @unsafe var handle: OpaquePointer { unsafe bio }

  /// The bytes that were written and not yet read.
  func rest() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, Int(unsafe portcullis_read_pending(bio))))
    // SAFETY: libcrypto writes at most `count` bytes into as many.
    let count = unsafe bytes.withUnsafeMutableBufferPointer { unsafe BIO_read(bio, $0.baseAddress, Int32($0.count)) }
    return Array(bytes.prefix(max(0, Int(count))))
  }
}
