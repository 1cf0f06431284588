import Synchronization
package import TLS

/// The TLS of a listener, which changes with its files; shared by all workers.
///
/// Taken once for each handshake. Established connections keep what they began with.
package final class ListenerTLS: Sendable {
  private let server: Mutex<ServerTLS>

  /// The keys of tickets, which all listeners share, also those that give none.
  package let tickets: TicketKeys

  package init(_ server: ServerTLS, tickets: TicketKeys) {
    self.server = Mutex(server)
    self.tickets = tickets
  }

  /// The certificates and settings for handshakes that begin now.
  package var current: ServerTLS { server.withLock { $0 } }

  package func replace(with server: ServerTLS) { self.server.withLock { $0 = server } }
}
