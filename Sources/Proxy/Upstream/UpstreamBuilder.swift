package import Configuration
import HTTP
import Policy
import TLS
import Transport

/// Makes the upstreams of a configuration ready to serve.
///
/// A host that can't be resolved keeps nothing from being served: the servers of that name get no requests until it can.
package struct UpstreamBuilder {
  private let configuration: GatewayConfiguration
  private let answers: [String: HostAnswer]
  private let previous: [UpstreamSettings]

  /// - Parameter previous: what is served until now; upstreams of which nothing has changed are taken over as they are.
  package init(_ configuration: GatewayConfiguration, answers: [String: HostAnswer], after previous: Snapshot?) {
    self.configuration = configuration
    self.answers = answers
    self.previous = previous?.upstreams ?? []
  }

  // MARK: Hosts

  /// The longest waits for a survey: of a check, of a start with a new host, and of a reload where all hosts are known.
  private static let patience: (checking: Duration, new: Duration, known: Duration) = (
    .seconds(5), .seconds(2), .milliseconds(500)
  )

  /// Asks for all hosts of the configuration, for a moment.
  ///
  /// Blocks; not for a worker's thread.
  package static func survey(
    _ configuration: GatewayConfiguration, for purpose: Snapshot.Purpose, after previous: Snapshot?
  ) -> [String: HostAnswer] {
    let hosts = configuration.upstreams.flatMap(\.servers).reduce(into: [String]()) { hosts, server in
      if let host = host(of: server.address.value), !hosts.contains(host) { hosts.append(host) }
    }
    let known = known(to: previous?.upstreams ?? [])
    switch purpose {
    case .explaining: return [:]
    case .checking: return HostSurvey.answers(for: hosts, within: patience.checking)
    case .serving:
      let areKnown = hosts.allSatisfy { known[$0] != nil }
      return HostSurvey.answers(for: hosts, within: areKnown ? patience.known : patience.new)
    }
  }

  /// A warning for each host that could not be resolved, where a server of that name stands first.
  package var warnings: [Diagnostic] {
    var said: Set<String> = []
    return configuration.upstreams.flatMap(\.servers).compactMap { server in
      guard let host = Self.host(of: server.address.value), said.insert(host).inserted else { return nil }
      let why = answers[host].map(\.problem) ?? "there was no answer in time"
      return why.map {
        configuration.warning(
          at: server.address.location,
          "the host '\(host)' can't be resolved: \($0); servers of that name get no requests until it can")
      }
    }
  }

  /// Nil for an address, which needs no resolver.
  private static func host(of address: NetworkAddress) -> String? {
    guard case .tcp(let host, let port) = address, SocketAddress.literal(host: host, port: port) == nil else {
      return nil
    }
    return host
  }

  private static func known(to upstreams: [UpstreamSettings]) -> [String: [SocketAddress]] {
    upstreams.reduce(into: [:]) { known, upstream in
      for (host, addresses) in upstream.answers where !addresses.isEmpty { known[host] = addresses }
    }
  }

  // MARK: Upstreams

  /// - Parameter tls: the TLS of its servers, with the files read; nil for servers in clear.
  package func upstream(_ upstream: UpstreamConfiguration, tls: UpstreamTLS?) -> UpstreamSettings {
    let connectTimeout = upstream.connectTimeout.wholeNanoseconds
    let responseTimeout = upstream.responseTimeout.wholeNanoseconds
    let patience = connectTimeout.addingReportingOverflow(responseTimeout)
    let until = previous.first { $0.name == upstream.name.value }
    let servers = upstream.servers.map { server($0, tls: upstream.tls) }
    let settings = UpstreamSettings(
      name: upstream.name.value, servers: servers, connectTimeout: connectTimeout, responseTimeout: responseTimeout,
      idleTimeout: upstream.idleTimeout.wholeNanoseconds, resolveInterval: upstream.resolve.wholeNanoseconds,
      keepalive: upstream.keepalive,
      healthRules: ServerHealth.Rules(
        check: upstream.healthCheck, passive: upstream.passiveHealth,
        patience: patience.overflow ? .max : patience.partialValue),
      tls: tls, answers: addresses(of: servers), after: until)
    if let until, until.isEquivalent(to: settings) { return until }
    return settings
  }

  private func server(_ server: ServerConfiguration, tls: UpstreamTLSConfiguration?) -> UpstreamServer {
    let address = server.address.value
    let place: UpstreamServer.Place
    switch address {
    case .tcp(let host, let port):
      place = SocketAddress.literal(host: host, port: port).map { .fixed($0) } ?? .host(host, port: port)
    case .unix(let path): place = .fixed(.unix(path: path))
    }
    // A unix socket has a name in the configuration.
    var identity = ServerIdentity.host("localhost")
    if let name = tls?.serverName?.value {
      identity = ServerIdentity(name)
    } else if case .tcp(let host, _) = address {
      identity = ServerIdentity(host)
    }
    return UpstreamServer(
      name: address.description, place: place, weight: server.weight, authority: UpstreamAuthority(address),
      identity: identity)
  }

  /// The addresses that the survey found for the hosts of the servers, or else those known until now.
  private func addresses(of servers: [UpstreamServer]) -> [String: [SocketAddress]] {
    let known = Self.known(to: previous)
    return servers.reduce(into: [:]) { addresses, server in
      guard let host = server.host else { return }
      if case .addresses(let found)? = answers[host] { addresses[host] = found } else { addresses[host] = known[host] }
    }
  }
}
