import HTTP
import Synchronization
import Transport

/// One upstream of the configuration, with the addresses and the health of its servers as far as they are known.
///
/// Shared by the workers. As long as a new configuration says the same of an upstream, its settings live on with the pools and
/// all that was learned. For any thread.
package final class UpstreamSettings: Sendable {
  package let name: String
  let servers: [UpstreamServer]
  /// In nanoseconds, as are the other times.
  let connectTimeout: Int64
  let responseTimeout: Int64
  let idleTimeout: Int64
  /// The interval at which names of servers are resolved.
  let resolveInterval: Int64
  /// The number of idle connections that a worker keeps.
  let keepalive: Int
  let healthRules: ServerHealth.Rules
  /// Nil for servers that are spoken to in clear.
  package let tls: UpstreamTLS?
  private let troubled: TroubleCount
  private let known: Mutex<Known>
  /// Asks the resolver for a host; nil before a resolver has taken the upstream up.
  private let hurry = Mutex<(@Sendable (_ host: String) -> Void)?>(nil)

  private struct Known {
    var answers: [String: [SocketAddress]]
    var table: EndpointTable
  }

  /// - Parameters:
  ///   - answers: the addresses that hosts were found to have.
  ///   - previous: the upstream of that name until now; what is known of servers that stay is taken over.
  init(
    name: String, servers: [UpstreamServer], connectTimeout: Int64, responseTimeout: Int64, idleTimeout: Int64,
    resolveInterval: Int64 = 30_000_000_000, keepalive: Int, healthRules: ServerHealth.Rules,
    tls: UpstreamTLS? = nil, answers: [String: [SocketAddress]] = [:], after previous: UpstreamSettings?
  ) {
    self.name = name
    self.servers = servers
    self.connectTimeout = connectTimeout
    self.responseTimeout = responseTimeout
    self.idleTimeout = idleTimeout
    self.resolveInterval = resolveInterval
    self.keepalive = keepalive
    self.healthRules = healthRules
    self.tls = tls
    let troubled = TroubleCount()
    self.troubled = troubled
    let old = previous?.table.endpoints ?? []
    let table = EndpointTable(servers, answers, after: nil, rules: healthRules, troubled: troubled) { server, address in
      let same = old.first { $0.server.name == server.name && $0.address == address }
      let health = same.map { $0.monitor.value.judged(by: healthRules) }
      return ServerMonitor(health ?? ServerHealth(healthRules), among: troubled)
    }
    known = Mutex(Known(answers: answers, table: table))
  }

  /// The endpoints by now.
  var table: EndpointTable { known.withLock { $0.table } }

  /// The addresses that hosts are known to have.
  var answers: [String: [SocketAddress]] { known.withLock { $0.answers } }

  /// Hosts whose addresses may change, none twice.
  package var hosts: [String] {
    servers.reduce(into: []) { hosts, server in
      if let host = server.host, !hosts.contains(host) { hosts.append(host) }
    }
  }

  /// True if the other one, made of another configuration, has equal settings.
  func isEquivalent(to other: UpstreamSettings) -> Bool {
    name == other.name && connectTimeout == other.connectTimeout && responseTimeout == other.responseTimeout
      && idleTimeout == other.idleTimeout && resolveInterval == other.resolveInterval && keepalive == other.keepalive
      && healthRules == other.healthRules && hasSameTLS(as: other)
      && servers.elementsEqual(other.servers) { $0.name == $1.name && $0.weight == $1.weight }
  }

  private func hasSameTLS(as other: UpstreamSettings) -> Bool {
    switch (tls, other.tls) {
    case (nil, nil): true
    case (let tls?, let other?): tls.isEquivalent(to: other)
    case (nil, _?), (_?, nil): false
    }
  }

  /// True if its servers are checked at intervals.
  package var isChecked: Bool { healthRules.check != nil }

  // MARK: Addresses

  /// A host's addresses have become others.
  struct Move: Equatable {
    let addresses: [SocketAddress]
    let gone: [SocketAddress]
  }

  /// Takes these for the host's addresses from now on; none, if it is gone.
  ///
  /// - Returns: nil if they are those that were known, in whatever order.
  func adopt(_ addresses: [SocketAddress], of host: String) -> Move? {
    known.withLock { known in
      let old = known.answers[host] ?? []
      guard Set(old) != Set(addresses), hosts.contains(host) else { return nil }
      known.answers[host] = addresses
      let (before, troubled, rules) = (known.table, troubled, healthRules)
      known.table = EndpointTable(servers, known.answers, after: before, rules: rules, troubled: troubled) { _, _ in
        ServerMonitor(ServerHealth(rules), among: troubled)
      }
      for endpoint in before.endpoints where !known.table.endpoints.contains(where: { $0 === endpoint }) {
        endpoint.monitor.retire()
      }
      return Move(addresses: addresses, gone: old.filter { !addresses.contains($0) })
    }
  }

  /// Says whom to tell when a connection has failed.
  func onFailedConnection(_ hurry: @escaping @Sendable (_ host: String) -> Void) {
    self.hurry.withLock { $0 = hurry }
  }

  /// A connection to the endpoint has failed: if its server has a name, that may stand for another address by now.
  func connectionFailed(to endpoint: UpstreamEndpoint, at now: MonotonicTime) {
    if let host = endpoint.server.hostToHurry(at: now) { hurry.withLock { $0 }?(host) }
  }
}

/// Endpoints of an upstream that an exchange has tried.
struct EndpointSet {
  /// The number of endpoints in the set.
  private(set) var count = 0
  private var bits: UInt64 = 0

  /// Past the first 64, endpoints are counted, but not told apart.
  mutating func insert(_ endpoint: Int) {
    count += 1
    if endpoint < 64 { bits |= 1 << UInt64(endpoint) }
  }

  func contains(_ endpoint: Int) -> Bool { endpoint < 64 && bits & 1 << UInt64(endpoint) != 0 }
}
