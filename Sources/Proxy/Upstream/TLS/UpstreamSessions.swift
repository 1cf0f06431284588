import TLS

/// The TLS sessions of a worker with the servers of an upstream.
///
/// Confined to its worker.
final class UpstreamSessions {
  private let tls: UpstreamTLS
  private var context: ClientContext
  private var sessions = ClientSessions()

  init(_ tls: UpstreamTLS) {
    self.tls = tls
    context = tls.context
  }

  /// The rules by now; sessions that were begun by others are forgotten.
  private func renewContext() -> ClientContext {
    let current = tls.context
    if current !== context {
      context = current
      sessions = ClientSessions()
    }
    return current
  }

  /// The beginning of a session with a server.
  ///
  /// - Throws: ``TLSError/malformed`` without memory.
  func makeFilter(for server: UpstreamServer) throws(TLSError) -> TLSFilter {
    let context = renewContext()
    return try TLSFilter(
      client: ClientTLS(context, server.identity, sessions: sessions, server: server.name))
  }

  /// True if a connection was made by the rules that hold now.
  func isCurrent(_ filter: TLSFilter) -> Bool { filter.clientContext === renewContext() }
}
