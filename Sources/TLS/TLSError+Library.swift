internal import COpenSSL

extension TLSError {
  /// The error for libssl's reason of a failure.
  init(libraryReason reason: Int32) {
    switch reason {
    case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_UNEXPECTED_MESSAGE, SSL_R_PACKET_LENGTH_TOO_LONG,
      SSL_R_RECORD_LENGTH_MISMATCH:
      self = .notTLS
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
      SSL_R_NO_SHARED_CIPHER, SSL_R_VERSION_TOO_LOW:
      self = .nothingInCommon
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: self = .closedEarly
    // Alerts of the other side are its numbers and this.
    case SSL_AD_REASON_OFFSET..<(SSL_AD_REASON_OFFSET + 256): self = .alert(Int(reason - SSL_AD_REASON_OFFSET))
    default: self = .malformed
    }
  }
}

extension CertificateFault {
  /// The fault that libcrypto found in the chain of certificates; nil if it found none.
  init?(verification code: Int, name: String) {
    switch Int32(truncatingIfNeeded: code) {
    case X509_V_OK: return nil
    case X509_V_ERR_CERT_HAS_EXPIRED: self = .expired
    case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: self = .otherName(name)
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_UNTRUSTED,
      X509_V_ERR_CERT_SIGNATURE_FAILURE:
      self = .unknownAuthority
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: self = .selfSigned
    case X509_V_ERR_CERT_REVOKED: self = .revoked
    case X509_V_ERR_INVALID_PURPOSE, X509_V_ERR_INVALID_CA, X509_V_ERR_CERT_REJECTED, X509_V_ERR_PATH_LENGTH_EXCEEDED:
      self = .otherUse
    case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK: self = .weak
    default: self = .other(code)
    }
  }
}
