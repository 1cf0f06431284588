internal import COpenSSL

/// The place in libssl's sessions where each finds its ``TLSFilter``.
@safe
enum SessionData {
  static let index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, nil, nil, nil, nil)

  // SAFETY: only a filter puts itself there, and frees the session before it dies.
  static func filter(of session: OpaquePointer?) -> TLSFilter? {
    guard let session = unsafe session, let data = unsafe SSL_get_ex_data(session, index) else { return nil }
    return unsafe Unmanaged<TLSFilter>.fromOpaque(data).takeUnretainedValue()
  }
}
