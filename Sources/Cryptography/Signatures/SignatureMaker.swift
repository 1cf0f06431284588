package import Bytes
import COpenSSL

/// A private key made ready for one scheme, to sign message after message; confined to one thread.
package final class SignatureMaker {
  private let key: PreparedKey
  private let signatureByteCount: Int

  /// Makes the key ready.
  ///
  /// - Throws: ``CryptographyError/signatureUnavailable``, also for a scheme of another kind of key.
  package init(_ key: PrivateKey, scheme: SignatureScheme) throws(CryptographyError) {
    defer { ERR_clear_error() }
    let kind = key.publicKey.kind
    signatureByteCount = kind.signatureByteCount
    guard kind.fits(scheme), let native = key.native, let prepared = PreparedKey(.sign, native, kind, scheme) else {
      throw .signatureUnavailable
    }
    self.key = prepared
  }

  /// Appends the signature of `message` to `output`, in the form that it has in a token.
  ///
  /// - Throws: ``CryptographyError/signatureUnavailable``; nothing is appended then.
  package func sign(_ message: Span<UInt8>, into output: inout ByteBuffer) throws(CryptographyError) {
    defer { ERR_clear_error() }
    switch key {
    case .rsa(let operation, let digest):
      guard let signature = Self.sign(message, operation, digest), signature.count == signatureByteCount else {
        throw .signatureUnavailable
      }
      output.append(signature.span)
    case .ecdsa(let operation, let digest, let form):
      guard let der = Self.sign(message, operation, digest), form.decode(der.span, into: &output) else {
        throw .signatureUnavailable
      }
    case .ed25519(let operation):
      guard let signature = operation.sign(message) else { throw .signatureUnavailable }
      output.append(signature.span)
    }
  }

  private static func sign(
    _ message: Span<UInt8>, _ operation: KeyOperation, _ digest: Digest
  ) -> [UInt8]? {
    var hash = Digest.Output(repeating: 0)
    guard digest.compute(message, into: &hash) else { return nil }
    return operation.sign(hash: hash.span.extracting(..<digest.hash.byteCount), countMax: 1024)
  }
}
