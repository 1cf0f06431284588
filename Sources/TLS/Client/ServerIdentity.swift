internal import COpenSSL

/// The name by which a server is asked for, and which its certificate must have.
package enum ServerIdentity: Sendable, Hashable {
  /// In lower case, without a final dot.
  case host(String)
  /// An IP address in either notation; a server is not asked for by one (RFC 6066 §3).
  case address(String)

  package init(_ text: String) {
    self = Self.isAddress(text) ? .address(text) : .host(text)
  }

  private static func isAddress(_ text: String) -> Bool {
    // SAFETY: the octets are ours.
    guard let octets = unsafe a2i_IPADDRESS(text) else { return false }
    unsafe ASN1_OCTET_STRING_free(octets)
    return true
  }

  package var text: String {
    switch self {
    case .host(let text), .address(let text): text
    }
  }

  /// Makes a session ask for the server, and take nobody else for it if it verifies certificates.
  ///
  /// - Returns: false if libssl does not take the name.
  // SAFETY: the session is alive, and copies what it is given.
  func ask(in session: OpaquePointer, verifies: Bool) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    switch self {
    case .address(let text):
      guard verifies else { return true }
      return unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), text) == 1
    case .host(let name):
      if verifies {
        unsafe SSL_set_hostflags(
          session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        guard unsafe SSL_set1_host(session, name) == 1 else { return false }
      }
      return unsafe name.withCString { name in
        let name = unsafe UnsafeMutableRawPointer(mutating: name)
        return unsafe SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), name) == 1
      }
    }
  }
}
