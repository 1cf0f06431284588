import Policy
import Synchronization
package import TLS

/// The TLS of a listener, which changes with its files; shared by all workers.
///
/// Taken once for each handshake. Established connections keep what they began with.
package final class ListenerTLS: Sendable {
  private let state: Mutex<State>

  private struct State {
    var server: ServerTLS
    var hostNames: HostNames
  }

  /// The keys of tickets, which all listeners share, also those that give none.
  package let tickets: TicketKeys

  package init(_ server: ServerTLS, tickets: TicketKeys) {
    state = Mutex(State(server: server, hostNames: HostNames(server.hostNames)))
    self.tickets = tickets
  }

  /// The certificates and settings for handshakes that begin now.
  package var current: ServerTLS { state.withLock { $0.server } }

  /// The names of hosts that the certificates are for by now.
  var hostNames: HostNames { state.withLock { $0.hostNames } }

  package func replace(with server: ServerTLS) {
    let replacement = State(server: server, hostNames: HostNames(server.hostNames))
    state.withLock { $0 = replacement }
  }
}
