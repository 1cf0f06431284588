import Configuration
import HTTP
import Observability
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Proxy

/// The prober with servers on loopback: it is asked what it makes of them, and every wait ends with a condition.
@Suite(.timeLimit(.minutes(1))) struct `The checks of servers` {
  /// An upstream that is checked every ten milliseconds, with one failure or success being enough.
  static func upstream(
    _ ports: [UInt16], after previous: UpstreamSettings? = nil, accepting statuses: [ClosedRange<Int>] = [200...399]
  ) -> UpstreamSettings {
    var check = HealthCheck(target: "/healthz")
    check.healthyAfter = 1
    check.unhealthyAfter = 1
    check.interval = .milliseconds(10)
    check.statuses = statuses
    return UpstreamSettings(
      name: "app",
      servers: ports.map { port in
        UpstreamServer(
          name: "127.0.0.1:\(port)", place: .fixed(.ipv4(0x7F00_0001, port: port)), weight: 1, authority: .localhost)
      }, connectTimeout: 1_000_000_000, responseTimeout: 1_000_000_000, idleTimeout: 1_000_000_000, keepalive: 1,
      healthRules: ServerHealth.Rules(check: check, passive: nil, patience: 1), after: previous)
  }

  func prober() throws -> HealthProber { try HealthProber(log: ErrorLog(sink: nil, level: .error)) }

  func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
  }

  static func answer(_ status: Int) -> [String] { ["HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n"] }

  @Test func `a server is unhealthy while it answers wrongly, and healthy again afterwards`() async throws {
    let status = Atomic(500)
    let server = try ScriptedServer { _ in Self.answer(status.load(ordering: .relaxed)) }
    let upstream = Self.upstream([server.port])
    let health = upstream.table.health
    let prober = try prober()
    prober.watch([upstream])
    try await until { health.standing(of: 0) == .unhealthy }
    status.store(204, ordering: .relaxed)
    try await until { health.standing(of: 0) == .well }
    #expect(server.requests.allSatisfy { $0.hasPrefix("GET /healthz HTTP/1.1\r\nHost: ") })
    prober.watch([])
  }

  @Test(
    arguments: [
      (["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"], true), (["HTTP/1.1 302 X\r\nLocation: /\r\n\r\n"], true),
      (["HTTP/1.1 103 X\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], true),
      (["HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"], false), (["nonsense\r\n\r\n"], false), ([], false),
      (["HTTP/1.1 200 OK\r\nConte"], false),
    ] as [([String], Bool)]) func `an answer counts as its status says`(pieces: [String], isGood: Bool) async throws
  {
    let server = try ScriptedServer { _ in pieces }
    let upstream = Self.upstream([server.port])
    // The opposite of what is to come.
    if isGood { _ = upstream.table.health.checked(0, passed: false) }
    let prober = try prober()
    prober.watch([upstream])
    try await until { upstream.table.health.standing(of: 0) == (isGood ? .well : .unhealthy) }
    prober.watch([])
  }

  @Test func `statuses of the configuration count`() async throws {
    let server = try ScriptedServer { _ in Self.answer(404) }
    let upstream = Self.upstream([server.port], accepting: [404...404])
    _ = upstream.table.health.checked(0, passed: false)
    let prober = try prober()
    prober.watch([upstream])
    try await until { upstream.table.health.standing(of: 0) == .well }
    prober.watch([])
  }

  @Test func `a server that nobody listens for is unhealthy`() async throws {
    let upstream: UpstreamSettings
    do {
      let gone = try ScriptedServer { _ in [] }
      upstream = Self.upstream([gone.port])
    }
    let prober = try prober()
    prober.watch([upstream])
    try await until { upstream.table.health.standing(of: 0) == .unhealthy }
    prober.watch([])
  }

  @Test func `only servers that are watched are asked, and those that stay are asked on`() async throws {
    let (first, second) = (try ScriptedServer { _ in Self.answer(200) }, try ScriptedServer { _ in Self.answer(200) })
    let both = Self.upstream([first.port, second.port])
    let prober = try prober()
    prober.watch([both])
    try await until { !first.requests.isEmpty && !second.requests.isEmpty }
    let one = Self.upstream([second.port], after: both)
    prober.watch([one])
    // A check of the first may be under way; none follows it. The second one shows that time passes.
    let count = second.requests.count
    try await until { second.requests.count >= count + 5 }
    let asked = first.requests.count
    try await until { second.requests.count >= count + 15 }
    #expect(first.requests.count <= asked + 1)
    prober.watch([])
  }
}
