import Configuration
import Testing
import Transport

@testable import Proxy

@Suite final class `The health of a server` {
  /// Two checks to be healthy, three to be unhealthy; three failed requests, left out for 10 s to 60 s; 5 s for an answer at most.
  static let rules: ServerHealth.Rules = {
    var check = HealthCheck(target: "/")
    check.healthyAfter = 2
    check.unhealthyAfter = 3
    var passive = PassiveHealth()
    passive.failures = 3
    passive.eject = .seconds(10)
    passive.maxEject = .seconds(60)
    return ServerHealth.Rules(check: check, passive: passive, patience: 5_000_000_000)
  }()

  var health = ServerHealth(rules)

  /// So many seconds after the beginning.
  func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

  /// Fails as many requests as it takes.
  func eject(at seconds: Double) -> ServerHealth.Change? {
    _ = health.failed(at: at(seconds))
    _ = health.failed(at: at(seconds))
    return health.failed(at: at(seconds))
  }

  @Test func `a server is in use until something speaks against it`() {
    #expect(health.standing == .well)
  }

  // MARK: Checks

  @Test func `failed checks in a row make it unhealthy, once`() {
    #expect(health.checked(passed: false) == nil)
    #expect(health.checked(passed: false) == nil)
    #expect(health.standing == .well)
    #expect(health.checked(passed: false) == .unhealthy(failedChecks: 3))
    #expect(health.standing == .unhealthy)
    #expect(health.checked(passed: false) == nil)
  }

  @Test func `a good check between begins the count anew`() {
    for passed in [false, false, true, false, false, true] { #expect(health.checked(passed: passed) == nil) }
    #expect(health.standing == .well)
  }

  @Test func `good checks in a row make it healthy again, once`() {
    for _ in 0..<3 { _ = health.checked(passed: false) }
    for passed in [true, false, true] { #expect(health.checked(passed: passed) == nil) }
    #expect(health.checked(passed: true) == .healthy(goodChecks: 2))
    #expect(health.standing == .well)
    #expect(health.checked(passed: true) == nil)
  }

  @Test func `requests don't make up for failed checks`() {
    for _ in 0..<3 { _ = health.checked(passed: false) }
    #expect(health.answered(at: at(1)) == nil)
    #expect(health.standing == .unhealthy)
    #expect(health.beginTrial(at: at(1000)) == false)
  }

  @Test func `whoever is healthy again is so in every respect`() {
    #expect(eject(at: 0) != nil)
    for _ in 0..<3 { _ = health.checked(passed: false) }
    for _ in 0..<2 { _ = health.checked(passed: true) }
    #expect(health.standing == .well)
  }

  @Test func `a single good check doesn't end an ejection`() {
    #expect(eject(at: 0) != nil)
    #expect(health.checked(passed: true) == nil)
    #expect(health.standing == .ejected(until: at(10)))
  }

  // MARK: Requests

  @Test func `failures in a row have it left out`() {
    #expect(health.failed(at: at(0)) == nil)
    #expect(health.standing == .suspect)
    #expect(health.failed(at: at(1)) == nil)
    #expect(health.failed(at: at(2)) == .ejected(failures: 3, nanoseconds: 10_000_000_000))
    #expect(health.standing == .ejected(until: at(12)))
  }

  @Test func `an answer between begins the count anew`() {
    for _ in 0..<5 {
      #expect(health.failed(at: at(0)) == nil)
      #expect(health.failed(at: at(0)) == nil)
      #expect(health.answered(at: at(0)) == nil)
      #expect(health.standing == .well)
    }
  }

  @Test func `while it is left out other failures don't count`() {
    #expect(eject(at: 0) != nil)
    for second in 1..<20 { #expect(health.failed(at: at(Double(second))) == nil) }
    #expect(health.standing == .ejected(until: at(10)))
  }

  @Test func `one request tries it when the time is up, and no second one beside it`() {
    #expect(eject(at: 0) != nil)
    #expect(health.beginTrial(at: at(9.9)) == false)
    #expect(health.beginTrial(at: at(10)) == true)
    #expect(health.beginTrial(at: at(10)) == false)
    #expect(health.beginTrial(at: at(14.9)) == false)
  }

  @Test func `a trial that is answered brings it back`() {
    #expect(eject(at: 0) != nil)
    #expect(health.beginTrial(at: at(10)) == true)
    #expect(health.answered(at: at(11)) == .readmitted)
    #expect(health.standing == .well)
    #expect(health.answered(at: at(11)) == nil)
  }

  @Test func `each failed trial doubles the time, up to the longest`() {
    #expect(eject(at: 0) != nil)
    var now = 10.0
    for seconds in [20.0, 40, 60, 60, 60] {
      #expect(health.beginTrial(at: at(now)) == true)
      #expect(health.failed(at: at(now)) == .ejectedAgain(nanoseconds: Int64(seconds * 1e9)))
      #expect(health.standing == .ejected(until: at(now + seconds)))
      now += seconds
    }
  }

  @Test func `a server that soon fails again is left out for longer, one that has served for long is not`() {
    #expect(eject(at: 0) != nil)
    #expect(health.beginTrial(at: at(10)) == true)
    #expect(health.answered(at: at(10)) == .readmitted)
    #expect(eject(at: 19.9) == .ejected(failures: 3, nanoseconds: 20_000_000_000))
    #expect(health.beginTrial(at: at(40)) == true)
    #expect(health.answered(at: at(40)) == .readmitted)
    #expect(eject(at: 60) == .ejected(failures: 3, nanoseconds: 10_000_000_000))
  }

  @Test func `a trial that nobody reports on holds up the next one only as long as an answer may take`() {
    #expect(eject(at: 0) != nil)
    #expect(health.beginTrial(at: at(10)) == true)
    #expect(health.beginTrial(at: at(15)) == true)
  }

  @Test func `a trial that is given up leaves room for another`() {
    #expect(eject(at: 0) != nil)
    #expect(health.beginTrial(at: at(10)) == true)
    health.abandoned(at: at(11))
    #expect(health.beginTrial(at: at(11)) == true)
  }

  @Test func `a connection that breaks off counts in a trial alone`() {
    for _ in 0..<10 { #expect(health.brokeOff(at: at(0)) == nil) }
    #expect(health.standing == .well)
    #expect(eject(at: 0) != nil)
    #expect(health.brokeOff(at: at(5)) == nil)
    #expect(health.beginTrial(at: at(10)) == true)
    #expect(health.brokeOff(at: at(10)) == .ejectedAgain(nanoseconds: 20_000_000_000))
  }

  // MARK: Rules

  @Test func `what the rules don't ask about changes nothing`() {
    health = ServerHealth(ServerHealth.Rules(check: nil, passive: nil, patience: 1))
    for _ in 0..<10 {
      #expect(health.checked(passed: false) == nil)
      #expect(health.failed(at: at(0)) == nil)
    }
    #expect(health.standing == .well)
  }

  @Test func `under other rules what is known stays, unless they don't ask about it`() {
    #expect(eject(at: 0) != nil)
    var rules = Self.rules
    rules.passive?.failures = 1
    #expect(health.judged(by: rules).standing == .ejected(until: at(10)))
    rules.passive = nil
    #expect(health.judged(by: rules).standing == .well)
    for _ in 0..<3 { _ = health.checked(passed: false) }
    #expect(health.judged(by: rules).standing == .unhealthy)
    rules.check = nil
    #expect(health.judged(by: rules).standing == .well)
  }

  @Test func `the longest ejection there can be doesn't overflow`() throws {
    var passive = PassiveHealth()
    passive.failures = 1
    passive.eject = .nanoseconds(Int64.max)
    passive.maxEject = .seconds(Int64.max)
    health = ServerHealth(ServerHealth.Rules(check: nil, passive: passive, patience: .max))
    #expect(health.failed(at: at(1)) != nil)
    for _ in 0..<5 {
      guard case .ejected(let until) = health.standing else { return #expect(Bool(false)) }
      #expect(health.beginTrial(at: until) == true)
      #expect(health.failed(at: until) != nil)
    }
  }
}
