import Transport

/// The endpoints of an upstream at one moment, in the order of the configuration; immutable.
///
/// A worker goes over to another table when it is told of one. An endpoint that is in both is the same object in both, so that
/// what is known of it and what is connected to it stays.
final class EndpointTable: Sendable {
  let endpoints: [UpstreamEndpoint]
  /// The share of each endpoint in the turns: that of its server, divided among the server's addresses.
  let weights: [Int]
  let health: GroupHealth

  /// So many parts has a weight of 1, so that it can be divided: by each number up to 16 without a rest.
  private static let parts = 720_720

  /// The table that the addresses come to.
  ///
  /// - Parameters:
  ///   - answers: the addresses that hosts are known to have.
  ///   - previous: the table until now; endpoints of servers that keep their address are taken from there.
  ///   - monitor: makes the monitor of a new endpoint.
  init(
    _ servers: [UpstreamServer], _ answers: [String: [SocketAddress]], after previous: EndpointTable?,
    rules: ServerHealth.Rules, troubled: TroubleCount,
    monitor: (UpstreamServer, SocketAddress) -> ServerMonitor
  ) {
    var endpoints: [UpstreamEndpoint] = []
    var weights: [Int] = []
    for server in servers {
      let addresses = server.addresses(by: answers)
      for address in addresses {
        let known = previous?.endpoints.first { $0.server === server && $0.address == address }
        endpoints.append(known ?? UpstreamEndpoint(server, at: address, monitor: monitor(server, address)))
        weights.append(max(1, server.weight * Self.parts / addresses.count))
      }
    }
    self.endpoints = endpoints
    self.weights = weights
    health = GroupHealth(rules: rules, monitors: endpoints.map(\.monitor), troubled: troubled)
  }
}
