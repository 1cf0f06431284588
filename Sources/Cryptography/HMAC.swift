package import Bytes
import COpenSSL

/// A keyed hash (HMAC, RFC 2104) ready for message after message.
///
/// The key is worked in once, in `init`; each message then starts from that state, which costs a quarter of a fresh context.
/// Confined to one thread.
@safe
package final class HMAC {
  /// The hash below; a tag is as long as its output.
  package let hash: HashFunction
  // SAFETY: made in init, freed in deinit, used by this object only.
  private let context: OpaquePointer

  /// Makes the key ready.
  ///
  /// Any length is taken; whoever reads a key from outside checks it against ``HashFunction/byteCount``.
  ///
  /// - Throws: ``CryptographyError/algorithmUnavailable(_:)``.
  package init(_ hash: HashFunction, key: Span<UInt8>) throws(CryptographyError) {
    self.hash = hash
    guard let context = unsafe Self.makeContext(hash, key: key) else {
      ERR_clear_error()
      throw .algorithmUnavailable(hash)
    }
    unsafe self.context = context
  }

  deinit { unsafe EVP_MAC_CTX_free(context) }

  /// Compares `tag` with the whole tag of `message`.
  ///
  /// The time does not depend on where the two differ.
  package func isValid(_ tag: Span<UInt8>, for message: Span<UInt8>) -> Bool {
    guard tag.count == hash.byteCount else { return false }
    var expected = Tag(repeating: 0)
    return compute(message, into: &expected) && ConstantTime.equals(expected.span.extracting(..<tag.count), tag)
  }

  /// Appends the tag of `message` to `output`.
  ///
  /// - Throws: ``CryptographyError/algorithmUnavailable(_:)``.
  package func authenticate(_ message: Span<UInt8>, into output: inout ByteBuffer) throws(CryptographyError) {
    var tag = Tag(repeating: 0)
    guard compute(message, into: &tag) else { throw .algorithmUnavailable(hash) }
    output.append(tag.span.extracting(..<hash.byteCount))
  }

  /// Room for the longest tag.
  private typealias Tag = InlineArray<64, UInt8>

  private func compute(_ message: Span<UInt8>, into tag: inout Tag) -> Bool {
    var written = 0
    var output = tag.mutableSpan
    // SAFETY: libcrypto reads `message.count` bytes and writes at most the 64 that it is told of; a null key of no length means
    // the one that the context already holds.
    let isComputed = unsafe message.withUnsafeBufferPointer { bytes in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe EVP_MAC_init(context, nil, 0, nil) == 1
          && EVP_MAC_update(context, bytes.baseAddress, bytes.count) == 1
          && EVP_MAC_final(context, output.baseAddress, &written, output.count) == 1
      }
    }
    if isComputed && written == hash.byteCount { return true }
    ERR_clear_error()
    return false
  }

  private static func makeContext(_ hash: HashFunction, key: Span<UInt8>) -> OpaquePointer? {
    guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
    // SAFETY: the context holds a reference of its own to the algorithm.
    defer { unsafe EVP_MAC_free(algorithm) }
    guard let context = unsafe EVP_MAC_CTX_new(algorithm) else { return nil }
    // SAFETY: the parameters live until EVP_MAC_init returns, which copies what it needs. A null key would mean none was given,
    // so an empty one points at a byte that is not read.
    var digest = unsafe Array(UnsafeBufferPointer(start: hash.name.utf8Start, count: hash.name.utf8CodeUnitCount))
    digest.append(0)
    var empty: UInt8 = 0
    let isReady = unsafe digest.withUnsafeMutableBytes { name in
      var parameters = unsafe [
        OSSL_PARAM_construct_utf8_string(
          parameterName("digest"), name.baseAddress?.assumingMemoryBound(to: CChar.self), 0),
        OSSL_PARAM_construct_end(),
      ]
      return unsafe key.withUnsafeBufferPointer { bytes in
        unsafe withUnsafePointer(to: &empty) { nothing in
          unsafe EVP_MAC_init(context, bytes.baseAddress ?? nothing, bytes.count, &parameters) == 1
        }
      }
    }
    if isReady { return unsafe context }
    unsafe EVP_MAC_CTX_free(context)
    return nil
  }
}
