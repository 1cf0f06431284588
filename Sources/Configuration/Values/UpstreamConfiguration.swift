/// An entry of `upstreams`: servers that do the same work.
package struct UpstreamConfiguration: Sendable {
  package var name: Located<String>
  /// At least one; no address twice.
  package var servers: [ServerConfiguration]
  package var balance: BalancingMethod = .roundRobin
  /// How its servers are asked whether they are well; none unless configured.
  package var healthCheck: HealthCheck?
  /// How its servers are judged by the requests that they fail; nil for not at all (`false`).
  package var passiveHealth: PassiveHealth? = PassiveHealth()
  /// How long connecting may take; default 5 s.
  package var connectTimeout: Duration = .seconds(5)
  /// How long the response head may take after the request was sent; default 60 s.
  package var responseTimeout: Duration = .seconds(60)
  /// How long the server may be silent within a response; default 60 s.
  package var idleTimeout: Duration = .seconds(60)
  /// How many idle connections a worker keeps for the next request; 0 keeps none; default 64.
  package var keepalive = 64
  /// The interval at which names of servers are resolved, at least 10 ms; default 30 s.
  package var resolve: Duration = .seconds(30)

  package init(name: Located<String>, servers: [ServerConfiguration]) {
    self.name = name
    self.servers = servers
  }
}

/// An entry of `servers`.
package struct ServerConfiguration: Sendable {
  package var address: Located<NetworkAddress>
  /// Its share beside the others', 1 to 1000; default 1.
  package var weight = 1

  package init(address: Located<NetworkAddress>, weight: Int = 1) {
    self.address = address
    self.weight = weight
  }
}

/// How an upstream's requests are spread over its servers (`balance`).
package enum BalancingMethod: Sendable, Hashable {
  /// In turn, by weight.
  case roundRobin
}
