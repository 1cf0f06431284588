import Configuration
import HTTP
import Transport

@testable import Proxy

/// Upstreams whose servers have names, for tests.
enum NamedUpstream {
  /// An upstream with these servers, each `name` with a weight; one that begins with a digit is an address.
  static func settings(
    _ servers: [(name: String, weight: Int)], answers: [String: [SocketAddress]] = [:], keepalive: Int = 4,
    interval: Int64 = 30_000_000_000, after previous: UpstreamSettings? = nil
  ) -> UpstreamSettings {
    var check = HealthCheck(target: "/")
    check.unhealthyAfter = 1
    check.healthyAfter = 1
    return UpstreamSettings(
      name: "app",
      servers: servers.map { name, weight in
        let isAddress = name.first?.isNumber == true
        return UpstreamServer(
          name: "\(name):80", place: isAddress ? .fixed(address(9)) : .host(name, port: 80), weight: weight,
          authority: .localhost)
      }, connectTimeout: 1_000_000_000, responseTimeout: 1_000_000_000, idleTimeout: 1_000_000_000,
      resolveInterval: interval, keepalive: keepalive,
      healthRules: ServerHealth.Rules(check: check, passive: PassiveHealth(), patience: 1), answers: answers,
      after: previous)
  }

  /// 127.0.0.`last`, with the port of the servers above or another one.
  static func address(_ last: UInt32, port: UInt16 = 80) -> SocketAddress { .ipv4(0x7F00_0000 | last, port: port) }

  static func addresses(_ last: [UInt32]) -> [SocketAddress] { last.map { address($0, port: 0) } }
}

extension UpstreamSettings {
  /// The last number of each endpoint's address.
  var places: [UInt32] {
    table.endpoints.map { endpoint in
      guard case .ipv4(let bits, _) = endpoint.address else { return 0 }
      return bits & 255
    }
  }
}
