import Glibc

/// The beginning of a TLS session with a server: whom to ask for, by which rules, and what may be resumed.
///
/// Of one connection. Confined to its loop.
package final class ClientTLS {
  let context: ClientContext
  let identity: ServerIdentity
  /// Sessions that may be resumed; nil where none are.
  private let sessions: ClientSessions?
  /// The server, as `sessions` know it.
  private let server: String
  /// The session that is to be resumed.
  let resumed: ClientSession?
  /// In seconds since 1970.
  private let begun: Int

  /// - Parameters:
  ///   - sessions: of this context alone: what was verified by other rules must not be resumed.
  ///   - server: a server that may resume the sessions of its name, and of no other.
  ///   - now: in seconds since 1970.
  package init(
    _ context: ClientContext, _ identity: ServerIdentity, sessions: ClientSessions? = nil, server: String = "",
    at now: Int = time(nil)
  ) {
    self.context = context
    self.identity = identity
    self.sessions = sessions
    self.server = server
    begun = now
    resumed = sessions?.take(for: server, at: now)
  }

  /// Keeps a session that the server has offered.
  ///
  /// - Returns: false if none are kept; it is the caller's then.
  // SAFETY: the caller hands its reference over.
  func keep(_ session: OpaquePointer, isResumed: Bool) -> Bool {
    guard let sessions else { return false }
    let verifiedAt = isResumed ? resumed?.verifiedAt ?? begun : begun
    sessions.keep(unsafe ClientSession(owning: session, verifiedAt: verifiedAt), for: server)
    return true
  }

  /// The handshake has failed: what was kept may be to blame.
  func forget() { sessions?.forget(server) }
}
