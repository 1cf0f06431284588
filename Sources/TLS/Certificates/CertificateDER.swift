internal import COpenSSL

/// A certificate in the form in which it was signed.
@safe
enum CertificateDER {
  // SAFETY: the certificate is alive; libcrypto writes exactly as many bytes as it said.
  static func bytes(of certificate: OpaquePointer) -> [UInt8]? {
    let count = unsafe i2d_X509(certificate, nil)
    guard count > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(count))
    let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      var position = buffer.baseAddress
      return unsafe i2d_X509(certificate, &position)
    }
    return written == count ? bytes : nil
  }
}
