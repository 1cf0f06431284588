internal import COpenSSL

/// All that TLS sessions with servers have in common: whom to trust, what to show; immutable, for any thread.
@safe
package final class ClientContext: @unchecked Sendable {
  // Sendable because libssl counts references to a context atomically and nothing changes it after init.
  // SAFETY: made in init, freed in deinit; sessions hold references of their own.
  let handle: OpaquePointer
  /// False if anybody is taken for the server.
  let verifies: Bool

  /// - Throws: ``TLSFileFault/weak`` for the own certificate, ``TLSFileFault/unavailable``.
  package init(_ settings: ClientTLSSettings) throws(TLSFileFault) {
    ERR_clear_error()
    guard let handle = unsafe SSL_CTX_new(TLS_client_method()) else { throw .unavailable }
    unsafe self.handle = handle
    verifies = settings.trust != nil
    let modes = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN
    unsafe _ = SSL_CTX_ctrl(handle, SSL_CTRL_MODE, Int(modes), nil)
    unsafe _ = SSL_CTX_ctrl(handle, SSL_CTRL_SET_READ_AHEAD, 1, nil)
    unsafe SSL_CTX_set_default_read_buffer_len(handle, Self.readSize)
    unsafe _ = SSL_CTX_set_options(handle, portcullis_server_options())
    let minimum = settings.takesTLS12 ? TLS1_2_VERSION : TLS1_3_VERSION
    guard unsafe SSL_CTX_ctrl(handle, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(minimum), nil) == 1 else {
      throw .unavailable
    }
    if let trust = settings.trust {
      unsafe SSL_CTX_set1_cert_store(handle, trust.handle)
      unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
    } else {
      unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_NONE, nil)
    }
    if let pair = settings.certificate { try unsafe pair.present(in: handle) }
    if let name = settings.applicationProtocol {
      let list = [UInt8(truncatingIfNeeded: name.utf8.count)] + Array(name.utf8)
      // Unlike all others, this one returns 0 for success.
      guard unsafe SSL_CTX_set_alpn_protos(handle, list, UInt32(list.count)) == 0 else { throw .unavailable }
    }
    let mode = SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
    unsafe _ = SSL_CTX_ctrl(handle, SSL_CTRL_SET_SESS_CACHE_MODE, Int(mode), nil)
    unsafe SSL_CTX_sess_set_new_cb(handle, keepSession)
    unsafe SSL_CTX_set_msg_callback(handle, ServerCallbacks.message)
    ERR_clear_error()
  }

  /// As much as one read takes from the kernel, in bytes.
  private static let readSize = 64 * 1024

  deinit { unsafe SSL_CTX_free(handle) }
}

/// libssl has got a session that may be resumed later: with TLS 1.3 after the handshake, and several times.
///
/// - Returns: 1 if the reference to it is kept.
// A free function: a closure would have to be of C's convention.
// SAFETY: libssl calls it with a session of a connection that is alive, and hands a reference over if the answer is 1.
private func keepSession(_ connection: OpaquePointer?, _ session: OpaquePointer?) -> Int32 {
  guard let filter = unsafe SessionData.filter(of: connection), let session = unsafe session else { return 0 }
  return unsafe filter.keep(session) ? 1 : 0
}
