import Bytes
import JSON

extension Loading {
  /// `upstreams`.
  func upstreams(_ value: LocatedJSON?) -> [UpstreamConfiguration] {
    table(value).compactMap { member in
      let name = Located(member.name, at: member.nameLocation)
      guard 1...64 ~= name.value.utf8.count, name.value.utf8.allSatisfy(ASCII.isUnreserved) else {
        error(at: name.location, "an upstream's name holds 1 to 64 letters, digits, '-', '.', '_' and '~'")
        return nil
      }
      return upstream(member.value, name)
    }
  }

  private func upstream(_ value: LocatedJSON, _ name: Located<String>) -> UpstreamConfiguration? {
    guard let reader = object(value, .upstream) else { return nil }
    let servers = servers(required("servers", of: reader))
    var upstream = UpstreamConfiguration(name: name, servers: servers)
    checkBalance(reader["balance"])
    upstream.healthCheck = healthCheck(reader["health_check"])
    upstream.passiveHealth = passiveHealth(reader["passive_health"])
    if let timeout = timeout(reader["connect_timeout"]) { upstream.connectTimeout = timeout }
    if let timeout = timeout(reader["response_timeout"]) { upstream.responseTimeout = timeout }
    if let timeout = timeout(reader["idle_timeout"]) { upstream.idleTimeout = timeout }
    if let count = integer(reader["keepalive"], in: 0...10_000) { upstream.keepalive = count }
    if let interval = duration(reader["resolve"], in: .milliseconds(10)...Self.longest) { upstream.resolve = interval }
    if let version = choice(reader["protocol"], UpstreamProtocol.self, later: ["http2", "auto"]) {
      upstream.httpVersion = version
    }
    upstream.tls = upstreamTLS(reader["tls"], servers: servers)
    return upstream
  }

  private func servers(_ value: LocatedJSON?) -> [ServerConfiguration] {
    var servers: [ServerConfiguration] = []
    for entry in nonEmptyList(value) ?? [] {
      guard let server = server(entry) else { continue }
      if let twin = servers.first(where: { $0.address.value == server.address.value }) {
        let place = Self.place(twin.address.location)
        error(at: server.address.location, "'\(server.address.value)' is listed already, at \(place); use 'weight'")
      } else {
        servers.append(server)
      }
    }
    return servers
  }

  private func server(_ value: LocatedJSON) -> ServerConfiguration? {
    guard case .object = value.content else {
      return networkAddress(value, as: .server).map { ServerConfiguration(address: $0) }
    }
    guard let reader = object(value, .server) else { return nil }
    let weight = integer(reader["weight"], in: 1...1000) ?? 1
    guard let text = required("address", of: reader) else { return nil }
    return networkAddress(text, as: .server).map { ServerConfiguration(address: $0, weight: weight) }
  }

  private enum Balance: String, CaseIterable {
    case roundRobin = "round_robin"
  }

  /// The one method of this version is the default: there is nothing to keep.
  private func checkBalance(_ value: LocatedJSON?) {
    if let value, case .object = value.content { return notSupported("'hash'", at: value.location) }
    _ = choice(value, Balance.self, later: ["least_requests", "random", "hash"])
  }
}
