import COpenSSL

/// A key and a scheme made ready for hash after hash, for RSA and ECDSA.
///
/// libcrypto's `EVP_PKEY_CTX`; confined to one thread.
@safe
final class KeyOperation {
  // SAFETY: made in init, freed in deinit, used by this object only; it holds a reference of its own to the key.
  private let context: OpaquePointer

  /// Nil if libcrypto can't do it.
  init?(_ purpose: PreparedKey.Purpose, key: borrowing NativeKey, scheme: SignatureScheme, digest: Digest) {
    guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key.handle, nil) else { return nil }
    unsafe self.context = context
    let isBegun =
      switch purpose {
      case .sign: unsafe EVP_PKEY_sign_init(context) == 1
      case .verify: unsafe EVP_PKEY_verify_init(context) == 1
      }
    guard isBegun else { return nil }
    let isPadded =
      switch scheme {
      case .rsaPKCS1: unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
      case .rsaPSS:
        unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
          && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, portcullis_sha2_digest_salt()) == 1
      case .ecdsa, .ed25519: true
      }
    guard isPadded, unsafe EVP_PKEY_CTX_set_signature_md(context, digest.handle) == 1 else { return nil }
  }

  deinit { unsafe EVP_PKEY_CTX_free(context) }

  /// Verifies a signature of a message with that hash.
  func isValid(_ signature: Span<UInt8>, forHash hash: Span<UInt8>) -> Bool {
    // SAFETY: libcrypto reads as many bytes of both as it is told of.
    unsafe signature.withUnsafeBufferPointer { signature in
      unsafe hash.withUnsafeBufferPointer { hash in
        unsafe EVP_PKEY_verify(context, signature.baseAddress, signature.count, hash.baseAddress, hash.count) == 1
      }
    }
  }

  /// The signature over a message of that hash, at most `countMax` bytes; nil if libcrypto can't make it.
  func sign(hash: Span<UInt8>, countMax: Int) -> [UInt8]? {
    var signature = [UInt8](repeating: 0, count: countMax)
    var count = signature.count
    // SAFETY: libcrypto writes at most `count` bytes, and says how many.
    let isSigned = unsafe signature.withUnsafeMutableBufferPointer { output in
      unsafe hash.withUnsafeBufferPointer { hash in
        unsafe EVP_PKEY_sign(context, output.baseAddress, &count, hash.baseAddress, hash.count) == 1
      }
    }
    return isSigned && count <= countMax ? Array(signature.prefix(count)) : nil
  }
}
