import HTTP
import Transport

/// What is configured for an upstream, made ready to serve, and what is known of its servers' health.
///
/// Shared by the workers. As long as a new configuration says the same of an upstream, its settings live on with the pools and
/// all that was learned.
final class UpstreamSettings: Sendable {
  let name: String
  let servers: [UpstreamServer]
  /// In nanoseconds, as are the other two.
  let connectTimeout: Int64
  let responseTimeout: Int64
  let idleTimeout: Int64
  /// How many idle connections a worker keeps.
  let keepalive: Int
  let health: GroupHealth

  var healthRules: ServerHealth.Rules { health.rules }

  /// - Parameter previous: the upstream of that name until now; what is known of servers that stay is taken over.
  init(
    name: String, servers: [UpstreamServer], connectTimeout: Int64, responseTimeout: Int64, idleTimeout: Int64,
    keepalive: Int, healthRules: ServerHealth.Rules, after previous: UpstreamSettings?
  ) {
    self.name = name
    self.servers = servers
    self.connectTimeout = connectTimeout
    self.responseTimeout = responseTimeout
    self.idleTimeout = idleTimeout
    self.keepalive = keepalive
    health = GroupHealth(count: servers.count, rules: healthRules) { server in
      guard let previous, let same = previous.servers.firstIndex(where: { $0.isSame(as: servers[server]) }) else {
        return nil
      }
      return previous.health.value(of: same).judged(by: healthRules)
    }
  }

  /// Whether the other one, made of another configuration, says just the same.
  func isEquivalent(to other: UpstreamSettings) -> Bool {
    name == other.name && connectTimeout == other.connectTimeout && responseTimeout == other.responseTimeout
      && idleTimeout == other.idleTimeout && keepalive == other.keepalive && healthRules == other.healthRules
      && servers.elementsEqual(other.servers) { $0.isSame(as: $1) && $0.weight == $1.weight }
  }
}

/// One server of an upstream.
final class UpstreamServer: Sendable {
  /// As the configuration writes it, for logs and for `host_header`.
  let name: String
  /// What the name stood for when the configuration was loaded, to be tried in this order.
  let addresses: [SocketAddress]
  let weight: Int
  /// What `Host` says where the route wants the upstream's own name.
  let authority: UpstreamAuthority

  init(name: String, addresses: [SocketAddress], weight: Int, authority: UpstreamAuthority) {
    self.name = name
    self.addresses = addresses
    self.weight = weight
    self.authority = authority
  }

  /// Whether the other one is the same machine, in whatever order the resolver has put its addresses this time.
  func isSame(as other: UpstreamServer) -> Bool { name == other.name && Set(addresses) == Set(other.addresses) }
}

/// Servers of an upstream that an exchange has tried.
struct EndpointSet {
  /// How many there are.
  private(set) var count = 0
  private var bits: UInt64 = 0

  /// Past the first 64, servers are counted, but not told apart.
  mutating func insert(_ endpoint: Int) {
    count += 1
    if endpoint < 64 { bits |= 1 << UInt64(endpoint) }
  }

  func contains(_ endpoint: Int) -> Bool { endpoint < 64 && bits & 1 << UInt64(endpoint) != 0 }
}
