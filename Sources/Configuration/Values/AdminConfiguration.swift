/// `admin`: the listener for operators.
package struct AdminConfiguration: Sendable {
  /// The address to listen on; none of the gateway's own listeners (port 0 excepted).
  package var address: Located<NetworkAddress>
  /// The condition that `/readyz` reports.
  package var ready = Readiness.process
  /// The TLS that operators speak there; nil for a listener in clear.
  package var tls: ListenerTLSConfiguration?

  package enum Readiness: String, CaseIterable, Sendable {
    /// The process alone: ready while it serves.
    case process
    /// The same, and whether each upstream has a server that can be used.
    case upstreams
  }

  package init(address: Located<NetworkAddress>) { self.address = address }
}
