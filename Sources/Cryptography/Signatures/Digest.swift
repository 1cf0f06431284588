import COpenSSL

/// A hash function ready for message after message; confined to one thread.
@safe
final class Digest {
  /// Room for the longest output.
  typealias Output = InlineArray<64, UInt8>

  let hash: HashFunction
  // SAFETY: both made in init, freed in deinit, used by this object only.
  private let algorithm: OpaquePointer
  private let context: OpaquePointer

  init?(_ hash: HashFunction) {
    self.hash = hash
    guard let algorithm = unsafe EVP_MD_fetch(nil, hash.name.description, nil) else { return nil }
    guard let context = unsafe EVP_MD_CTX_new() else {
      unsafe EVP_MD_free(algorithm)
      return nil
    }
    unsafe self.algorithm = algorithm
    unsafe self.context = context
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
    unsafe EVP_MD_free(algorithm)
  }

  /// libcrypto's own handle of the function, for as long as this object lives.
  @unsafe var handle: OpaquePointer { unsafe algorithm }

  /// Writes the hash of the message to the beginning of `output`; false if libcrypto can't.
  func compute(_ message: Span<UInt8>, into output: inout Output) -> Bool {
    var written: UInt32 = 0
    var output = output.mutableSpan
    // SAFETY: libcrypto reads `count` bytes and writes as many as the hash has, at most 64.
    let isComputed = unsafe message.withUnsafeBufferPointer { bytes in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1
          && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
          && EVP_DigestFinal_ex(context, output.baseAddress, &written) == 1
      }
    }
    return isComputed && Int(written) == hash.byteCount
  }
}
