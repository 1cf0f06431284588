internal import COpenSSL

extension CertificatePair {
  /// Makes a context present the certificate with its chain, and use its key.
  ///
  /// - Throws: ``TLSFileFault/weak``, ``TLSFileFault/unavailable``.
  // SAFETY: the context is alive, and takes references of its own.
  func present(in context: OpaquePointer) throws(TLSFileFault) {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let list = unsafe portcullis_certificates_new() else { throw .unavailable }
    defer { unsafe portcullis_certificates_free(list) }
    for certificate in chain.dropFirst() {
      guard unsafe portcullis_certificates_push(list, certificate.handle) == 1 else { throw .unavailable }
    }
    if unsafe SSL_CTX_use_cert_and_key(context, leaf.handle, key.handle, list, 0) == 1 { return }
    switch ERR_GET_REASON(ERR_peek_last_error()) {
    case SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK: throw .weak
    default: throw .unavailable
    }
  }
}

extension CertificatePair {
  /// True if the other one has the same certificates; the key follows from the first of them.
  package func isSame(as other: CertificatePair) -> Bool {
    chain.count == other.chain.count && zip(chain, other.chain).allSatisfy { $0.bytes == $1.bytes }
  }
}
