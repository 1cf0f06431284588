import COpenSSL

/// A key of Ed25519 ready for message after message: it signs those, not hashes of them.
///
/// libcrypto's `EVP_MD_CTX`, of which each message gets a copy: that is cheaper than making the key ready again. Confined to one
/// thread.
@safe
final class EdwardsOperation {
  // SAFETY: both made in init, freed in deinit, used by this object only.
  private let prepared: OpaquePointer
  private let context: OpaquePointer

  /// Nil if libcrypto can't do it.
  init?(_ purpose: PreparedKey.Purpose, key: borrowing NativeKey) {
    guard let prepared = unsafe EVP_MD_CTX_new() else { return nil }
    guard let context = unsafe EVP_MD_CTX_new() else {
      unsafe EVP_MD_CTX_free(prepared)
      return nil
    }
    unsafe self.prepared = prepared
    unsafe self.context = context
    let isReady =
      switch purpose {
      case .sign: unsafe EVP_DigestSignInit(prepared, nil, nil, nil, key.handle) == 1
      case .verify: unsafe EVP_DigestVerifyInit(prepared, nil, nil, nil, key.handle) == 1
      }
    guard isReady else { return nil }
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
    unsafe EVP_MD_CTX_free(prepared)
  }

  /// Verifies a signature of the message.
  func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
    // SAFETY: libcrypto reads as many bytes of both as it is told of.
    unsafe signature.withUnsafeBufferPointer { signature in
      unsafe message.withUnsafeBufferPointer { message in
        unsafe EVP_MD_CTX_copy_ex(context, prepared) == 1
          && EVP_DigestVerify(context, signature.baseAddress, signature.count, message.baseAddress, message.count) == 1
      }
    }
  }

  /// The signature over the message; nil if libcrypto can't make it.
  func sign(_ message: Span<UInt8>) -> [UInt8]? {
    var signature = [UInt8](repeating: 0, count: 64)
    var count = signature.count
    // SAFETY: libcrypto writes at most `count` bytes, and says how many.
    let isSigned = unsafe signature.withUnsafeMutableBufferPointer { output in
      unsafe message.withUnsafeBufferPointer { message in
        unsafe EVP_MD_CTX_copy_ex(context, prepared) == 1
          && EVP_DigestSign(context, output.baseAddress, &count, message.baseAddress, message.count) == 1
      }
    }
    return isSigned && count == signature.count ? signature : nil
  }
}
