internal import COpenSSL

/// Sessions with servers that may be resumed, of one worker and one ``ClientContext``.
///
/// 1. A session of TLS 1.3 is used once (RFC 8446 §C.4); one of TLS 1.2 until the server has forgotten it.
/// 2. Resuming verifies nothing, and each resumption brings new sessions. So a session remembers when its server's certificate was
///    verified, and hands that on; after ``SessionAge/limit`` there is a full handshake.
package final class ClientSessions {
  /// By server, the newest last.
  private var kept: [String: [ClientSession]] = [:]
  /// The most sessions that are kept for a server: connections that are made at once need one each.
  private static let countMax = 16

  package init() {}

  /// Keeps a session with the server.
  func keep(_ session: consuming ClientSession, for server: String) {
    var sessions = kept[server] ?? []
    if !session.isUsedOnce { sessions.removeAll() }
    if sessions.count == Self.countMax { sessions.removeFirst() }
    sessions.append(session)
    kept[server] = sessions
  }

  /// A session with the server to be resumed; nil if there is none.
  ///
  /// - Parameter now: in seconds since 1970.
  func take(for server: String, at now: Int) -> ClientSession? {
    while let session = kept[server]?.last {
      let isYoung = session.verifiedAt <= now && now < session.verifiedAt + SessionAge.limit
      if isYoung, !session.isUsedOnce { return session }
      kept[server]?.removeLast()
      if isYoung { return session }
    }
    return nil
  }

  /// A session was refused or has failed.
  func forget(_ server: String) { kept[server] = nil }
}

/// A session that may be resumed.
@safe
final class ClientSession {
  // SAFETY: owned, freed in `deinit`; libssl takes references of its own.
  let handle: OpaquePointer
  /// The moment at which the server's certificate was verified, in seconds since 1970.
  let verifiedAt: Int

  init(owning handle: OpaquePointer, verifiedAt: Int) {
    unsafe self.handle = handle
    self.verifiedAt = verifiedAt
  }

  deinit { unsafe SSL_SESSION_free(handle) }

  var isUsedOnce: Bool { unsafe SSL_SESSION_get_protocol_version(handle) >= TLS1_3_VERSION }
}
