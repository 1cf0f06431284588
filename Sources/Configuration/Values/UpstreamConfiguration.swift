/// An entry of `upstreams`: servers that do the same work.
package struct UpstreamConfiguration: Sendable {
  package var name: Located<String>
  /// At least one; no address twice.
  package var servers: [ServerConfiguration]
  package var balance: BalancingMethod = .roundRobin
  /// The checks that its servers must pass; none unless configured.
  package var healthCheck: HealthCheck?
  /// The rule by which servers that fail requests are left out; nil for none (`false`).
  package var passiveHealth: PassiveHealth? = PassiveHealth()
  /// The longest time to connect; default 5 s.
  package var connectTimeout: Duration = .seconds(5)
  /// The longest time from the end of the request to the response head; default 60 s.
  package var responseTimeout: Duration = .seconds(60)
  /// The longest silence of the server within a response; default 60 s.
  package var idleTimeout: Duration = .seconds(60)
  /// The number of idle connections that a worker keeps for the next request; 0 keeps none; default 64.
  package var keepalive = 64
  /// The interval at which names of servers are resolved, at least 10 ms; default 30 s.
  package var resolve: Duration = .seconds(30)
  /// Default HTTP/1.1.
  package var httpVersion = UpstreamProtocol.http1
  /// The TLS that its servers speak; nil for servers in clear.
  package var tls: UpstreamTLSConfiguration?

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

/// The method that spreads an upstream's requests over its servers (`balance`).
package enum BalancingMethod: Sendable, Hashable {
  /// In turn, by weight.
  case roundRobin
}
