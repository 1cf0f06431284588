import Bytes
internal import COpenSSL
internal import Cryptography

/// libssl's settings for the certificates of one name: one pair, or one with an RSA key and one with another.
///
/// Immutable, for any thread.
@safe
final class ServerContext: @unchecked Sendable {
  // Sendable because libssl counts references to a context atomically and nothing changes it after init.
  // SAFETY: made in init, freed in deinit; sessions hold references of their own.
  let handle: OpaquePointer

  /// - Parameter pairs: at most one with an RSA key and one with another.
  /// - Throws: ``TLSFileFault/weak``, ``TLSFileFault/unavailable``.
  init(_ pairs: [CertificatePair], _ settings: ServerTLSSettings) throws(TLSFileFault) {
    ERR_clear_error()
    guard let handle = unsafe SSL_CTX_new(TLS_server_method()) else { throw .unavailable }
    unsafe self.handle = handle
    try configure(settings)
    for pair in pairs { try unsafe pair.present(in: handle) }
    try identify(pairs, settings)
  }

  deinit { unsafe SSL_CTX_free(handle) }

  /// Ciphers of TLS 1.2, in the order of Mozilla's intermediate profile without DHE; the client's order decides.
  private static let ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
    + ":ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

  /// As much as one read takes from the kernel, in bytes.
  private static let readSize = 64 * 1024

  private func configure(_ settings: ServerTLSSettings) throws(TLSFileFault) {
    let modes = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN
    unsafe _ = SSL_CTX_ctrl(handle, SSL_CTRL_MODE, Int(modes), nil)
    unsafe _ = SSL_CTX_ctrl(handle, SSL_CTRL_SET_READ_AHEAD, 1, nil)
    unsafe SSL_CTX_set_default_read_buffer_len(handle, Self.readSize)
    unsafe _ = SSL_CTX_set_options(handle, portcullis_server_options())
    let minimum = settings.takesTLS12 ? TLS1_2_VERSION : TLS1_3_VERSION
    guard unsafe SSL_CTX_ctrl(handle, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(minimum), nil) == 1,
      unsafe SSL_CTX_set_cipher_list(handle, Self.ciphers) == 1
    else { throw .unavailable }
    // Newer versions choose better groups by themselves, post-quantum ones among them; 3.0 would offer slow ones.
    if OpenSSL_version_num() < 0x3050_0000 {
      guard unsafe portcullis_set_groups(handle, "X25519:P-256:P-384") == 1 else { throw .unavailable }
    }
    unsafe _ = SSL_CTX_ctrl(handle, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    if settings.tickets == nil {
      unsafe _ = SSL_CTX_set_options(handle, portcullis_no_ticket_option())
      unsafe _ = SSL_CTX_set_num_tickets(handle, 0)
    } else {
      unsafe _ = SSL_CTX_set_num_tickets(handle, 1)
      unsafe _ = SSL_CTX_set_timeout(handle, SessionAge.limit)
      unsafe _ = SSL_CTX_set_tlsext_ticket_key_evp_cb(handle, ServerCallbacks.ticketKey)
      unsafe _ = SSL_CTX_set_session_ticket_cb(
        handle, ServerCallbacks.ticketMade, ServerCallbacks.ticketOpened, nil)
    }
    if let clients = settings.clients {
      unsafe portcullis_set_verify_store(handle, clients.store)
      let mode = SSL_VERIFY_PEER | (clients.isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0)
      unsafe SSL_CTX_set_verify(handle, mode, nil)
      for authority in clients.authorities {
        guard unsafe SSL_CTX_add_client_CA(handle, authority.handle) == 1 else { throw .unavailable }
      }
    } else {
      unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_NONE, nil)
    }
    unsafe SSL_CTX_set_client_hello_cb(handle, ServerCallbacks.clientHello, nil)
    unsafe SSL_CTX_set_alpn_select_cb(handle, ServerCallbacks.selectProtocol, nil)
    unsafe portcullis_set_servername_callback(handle, ServerCallbacks.acknowledgeName)
    unsafe SSL_CTX_set_msg_callback(handle, ServerCallbacks.message)
  }

  /// Names the sessions that may be resumed here: those with the same certificate at the same listener, with the same authorities.
  private func identify(_ pairs: [CertificatePair], _ settings: ServerTLSSettings) throws(TLSFileFault) {
    var facts = Array(settings.listener.utf8)
    func append(_ bytes: [UInt8]) {
      var count = UInt64(bytes.count)
      for _ in 0..<8 {
        facts.append(UInt8(truncatingIfNeeded: count))
        count >>= 8
      }
      facts += bytes
    }
    for pair in pairs { append(pair.leaf.bytes) }
    append([settings.takesTLS12 ? 2 : 3])
    if let clients = settings.clients {
      append([clients.isRequired ? 2 : 1])
      append(clients.identity)
    }
    let digest: [UInt8]
    do throws(CryptographyError) { digest = try HashFunction.sha256.digest(of: facts.span) } catch {
      throw .unavailable
    }
    guard unsafe SSL_CTX_set_session_id_context(handle, digest, UInt32(digest.count)) == 1 else { throw .unavailable }
  }
}

/// The age at which a session is resumed no more: TLS 1.3 gives a new ticket at each resumption, so a ticket's own age says nothing.
enum SessionAge {
  /// In seconds since the session's first handshake.
  static let limit = 12 * 3600
}
