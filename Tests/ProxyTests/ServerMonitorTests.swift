import Configuration
import Testing
import Transport

@testable import Proxy

@Suite struct `The health of an endpoint, shared by threads` {
  /// One failed check is unhealthy, one good one healthy; two failed requests, left out for 10 s.
  static let rules: ServerHealth.Rules = {
    var check = HealthCheck(target: "/")
    check.healthyAfter = 1
    check.unhealthyAfter = 1
    var passive = PassiveHealth()
    passive.failures = 2
    return ServerHealth.Rules(check: check, passive: passive, patience: 1)
  }()

  let troubled = TroubleCount()

  func monitor() -> ServerMonitor { ServerMonitor(ServerHealth(Self.rules), among: troubled) }

  static let now = MonotonicTime(nanoseconds: 1_000_000_000)

  @Test func `what is published is the standing of the health`() {
    let monitor = monitor()
    let events: [(inout ServerHealth) -> Void] = [
      { _ = $0.failed(at: Self.now) }, { _ = $0.answered(at: Self.now) }, { _ = $0.failed(at: Self.now) },
      { _ = $0.failed(at: Self.now) }, { _ = $0.checked(passed: false) }, { _ = $0.checked(passed: true) },
      { _ = $0.failed(at: Self.now) }, { _ = $0.failed(at: Self.now) }, { _ = $0.answered(at: Self.now) },
    ]
    var seen: Set<String> = []
    for event in events {
      monitor.update(event)
      #expect(monitor.standing == monitor.value.standing)
      seen.insert("\(monitor.standing)".prefix { $0.isLetter }.description)
    }
    #expect(seen == ["well", "suspect", "ejected", "unhealthy"])
  }

  @Test func `the end of an ejection is published to the nanosecond`() {
    let monitor = monitor()
    for _ in 0..<2 { _ = monitor.update { $0.failed(at: Self.now) } }
    #expect(monitor.standing == .ejected(until: Self.now.advanced(byNanoseconds: 10_000_000_000)))
  }

  @Test func `an endpoint in trouble counts once, whatever else happens to it`() {
    let (one, other) = (monitor(), monitor())
    #expect(troubled.isZero)
    for _ in 0..<3 { _ = one.update { $0.failed(at: Self.now) } }
    _ = one.checked(passed: false)
    #expect(!troubled.isZero)
    _ = other.checked(passed: false)
    _ = one.checked(passed: true)
    #expect(!troubled.isZero, "the other one is still counted")
    _ = other.checked(passed: true)
    #expect(troubled.isZero)
  }

  @Test func `one that begins in trouble counts`() {
    var health = ServerHealth(Self.rules)
    _ = health.checked(passed: false)
    let monitor = ServerMonitor(health, among: troubled)
    #expect(!troubled.isZero)
    #expect(monitor.standing == .unhealthy)
    _ = monitor.checked(passed: true)
    #expect(troubled.isZero)
  }

  @Test func `one that is gone counts no more, whatever is still reported of it`() {
    let monitor = monitor()
    _ = monitor.checked(passed: false)
    monitor.retire()
    #expect(troubled.isZero)
    monitor.retire()
    _ = monitor.checked(passed: true)
    _ = monitor.checked(passed: false)
    #expect(troubled.isZero)
  }
}
