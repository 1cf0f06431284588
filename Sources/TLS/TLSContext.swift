internal import COpenSSL
internal import Transport

/// The settings that connections share: the versions that are spoken, and the authorities that vouch for the other side.
///
/// TLS 1.2 and 1.3. Immutable, for any thread.
@safe
package final class TLSContext: @unchecked Sendable {
  // Sendable because libssl counts references to a context atomically and nothing changes it after init.
  // SAFETY: made in init, freed in deinit; connections hold references of their own.
  let handle: OpaquePointer

  private init(_ method: OpaquePointer?) throws(TLSContextError) {
    ERR_clear_error()
    guard let method = unsafe method, let handle = unsafe SSL_CTX_new(method) else { throw .unavailable }
    unsafe self.handle = handle
  }

  deinit { unsafe SSL_CTX_free(handle) }

  /// For connections to servers, which must prove who they are.
  ///
  /// Trusted are the authorities of the system (or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name) and those given.
  /// Blocks: reads the system's authorities.
  ///
  /// - Parameter authorities: a PEM file of certificates that are trusted as well.
  /// - Throws: the error in the file.
  package static func client(authorities: String? = nil) throws(TLSContextError) -> TLSContext {
    let context = try unsafe TLSContext(TLS_client_method())
    let handle = unsafe context.handle
    let modes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
    unsafe _ = SSL_CTX_ctrl(handle, SSL_CTRL_MODE, Int(modes), nil)
    guard unsafe SSL_CTX_ctrl(handle, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil) == 1 else {
      throw .unavailable
    }
    unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
    // A system without authorities is no error while the configuration names some.
    unsafe _ = SSL_CTX_set_default_verify_paths(handle)
    if let authorities {
      try check(authorities)
      guard unsafe SSL_CTX_load_verify_file(handle, authorities) == 1 else { throw .noCertificate }
      // What was named on purpose is trusted as it is, also an authority that another one vouches for.
      unsafe _ = X509_STORE_set_flags(SSL_CTX_get_cert_store(handle), UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }
    ERR_clear_error()
    return context
  }

  /// The most that a file of authorities may hold, in bytes: some ten times what a system has.
  private static let authoritiesMax = 4 * 1024 * 1024

  private static func check(_ file: String) throws(TLSContextError) {
    do throws(SystemError) {
      _ = try FileReader.read(path: file, limit: authoritiesMax)
    } catch {
      throw .unreadable(error.text)
    }
  }
}

/// The reason why there can be no context.
package enum TLSContextError: Error, Sendable, Equatable {
  /// The file can't be read; why in the system's words.
  case unreadable(String)
  /// The file holds no certificate, or one that is damaged.
  case noCertificate
  /// The system's libssl lacks a function, or had no memory.
  case unavailable

  package var text: String {
    switch self {
    case .unreadable(let reason): "it can't be read: \(reason)"
    case .noCertificate: "it holds no certificate in PEM form, or a damaged one"
    case .unavailable: "this system's libssl can't do TLS 1.2"
    }
  }
}
