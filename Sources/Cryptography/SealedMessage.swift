import Bytes
import COpenSSL

/// Short messages encrypted and authenticated with AES-256-GCM (NIST SP 800-38D): a nonce of 12 bytes, the ciphertext, a tag of 16.
///
/// The nonce is random: under one key no more than a few million messages may be sealed.
package enum SealedMessage {
  /// The length of a key, in bytes.
  package static let keyCount = 32

  private static let nonceCount = 12
  private static let tagCount = 16

  /// Seals a message under a key of ``keyCount`` bytes.
  ///
  /// - Throws: ``CryptographyError/cipherUnavailable``, ``CryptographyError/randomnessUnavailable``.
  package static func seal(_ message: Span<UInt8>, key: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
    let nonce = try SecureRandom.bytes(nonceCount)
    var tag = [UInt8](repeating: 0, count: tagCount)
    guard key.count == keyCount, let text = run(message, key, nonce, &tag, encrypts: true) else {
      throw .cipherUnavailable
    }
    return nonce + text + tag
  }

  /// Opens what ``seal(_:key:)`` has made; nil if it was sealed under another key, or changed.
  package static func open(_ sealed: Span<UInt8>, key: Span<UInt8>) -> [UInt8]? {
    guard key.count == keyCount, sealed.count >= nonceCount + tagCount else { return nil }
    let nonce = sealed.extracting(first: nonceCount).array
    var tag = sealed.extracting(last: tagCount).array
    let text = sealed.extracting(nonceCount..<(sealed.count - tagCount))
    return run(text, key, nonce, &tag, encrypts: false)
  }

  private static func run(
    _ input: Span<UInt8>, _ key: Span<UInt8>, _ nonce: [UInt8], _ tag: inout [UInt8], encrypts: Bool
  ) -> [UInt8]? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let count = Int32(exactly: input.count), let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var output = [UInt8](repeating: 0, count: input.count)
    var written: Int32 = 0
    var rest: Int32 = 0
    let direction: Int32 = encrypts ? 1 : 0
    let tagLength = Int32(tagCount)
    // SAFETY: libcrypto reads a key of 32 bytes and a nonce of 12, which is GCM's own length, reads `count` bytes and writes as many,
    // nothing at the end of GCM, and reads or writes a tag of 16.
    let isDone = unsafe key.withUnsafeBufferPointer { key in
      unsafe input.withUnsafeBufferPointer { input in
        unsafe output.withUnsafeMutableBufferPointer { output in
          unsafe tag.withUnsafeMutableBytes { tag in
            var end: UInt8 = 0
            guard unsafe EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nil, key.baseAddress, nonce, direction) == 1
            else { return false }
            if !encrypts {
              guard unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tagLength, tag.baseAddress) == 1
              else { return false }
            }
            guard
              unsafe count == 0
                || EVP_CipherUpdate(context, output.baseAddress, &written, input.baseAddress, count) == 1,
              unsafe EVP_CipherFinal_ex(context, &end, &rest) == 1
            else { return false }
            guard encrypts else { return true }
            return unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tagLength, tag.baseAddress) == 1
          }
        }
      }
    }
    return isDone && written == count && rest == 0 ? output : nil
  }
}
