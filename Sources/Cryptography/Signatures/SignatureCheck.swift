import COpenSSL

/// A public key made ready for one scheme, to judge signature after signature.
///
/// Holds libcrypto's form of the key for itself, so nothing is shared between threads; confined to one.
package final class SignatureCheck {
  private let key: PreparedKey
  private let signatureByteCount: Int

  /// Makes the key ready.
  ///
  /// - Throws: ``CryptographyError/signatureUnavailable``, also for a scheme of another kind of key.
  package init(_ key: PublicKey, scheme: SignatureScheme) throws(CryptographyError) {
    defer { ERR_clear_error() }
    signatureByteCount = key.kind.signatureByteCount
    guard key.kind.fits(scheme), let native = NativeKey.make(key.components),
      let prepared = PreparedKey(.verify, native, key.kind, scheme)
    else { throw .signatureUnavailable }
    self.key = prepared
  }

  /// Verifies a signature of `message`, in the one form and length that it has in a token.
  package func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
    // Before any arithmetic (CVE-2020-28042).
    guard signature.count == signatureByteCount else { return false }
    // What an earlier failure of anybody on this thread left behind must not be taken for one of ours, or ours for theirs.
    defer { if ERR_peek_error() != 0 { ERR_clear_error() } }
    switch key {
    case .rsa(let operation, let digest):
      var hash = Digest.Output(repeating: 0)
      guard digest.compute(message, into: &hash) else { return false }
      return operation.isValid(signature, forHash: hash.span.extracting(..<digest.hash.byteCount))
    case .ecdsa(let operation, let digest, let form):
      var der = ECDSASignature.DER(repeating: 0)
      guard let count = form.encode(signature, into: &der) else { return false }
      var hash = Digest.Output(repeating: 0)
      guard digest.compute(message, into: &hash) else { return false }
      return operation.isValid(
        der.span.extracting(..<count), forHash: hash.span.extracting(..<digest.hash.byteCount))
    case .ed25519(let operation):
      return operation.isValid(signature, for: message)
    }
  }
}
