import Configuration
import HTTP
import Testing
import Transport

@testable import Proxy

@Suite struct `The servers of an upstream` {
  /// Servers with these weights that are left out for 10 s with their first failure and unhealthy with their first failed check.
  static func settings(_ weights: [Int], after previous: UpstreamSettings? = nil, keepalive: Int = 1)
    -> UpstreamSettings
  {
    var check = HealthCheck(target: "/")
    check.unhealthyAfter = 1
    var passive = PassiveHealth()
    passive.failures = 1
    return UpstreamSettings(
      name: "app",
      servers: weights.enumerated().map { number, weight in
        UpstreamServer(
          name: "127.0.0.1:\(number)", place: .fixed(.ipv4(1, port: UInt16(number))), weight: weight,
          authority: .localhost)
      }, connectTimeout: 1, responseTimeout: 1, idleTimeout: 1, keepalive: keepalive,
      healthRules: ServerHealth.Rules(check: check, passive: passive, patience: 1), after: previous)
  }

  static func group(_ weights: [Int]) throws -> UpstreamGroup {
    UpstreamGroup(settings(weights), loop: try EventLoop())
  }

  static func turns(_ count: Int, of group: UpstreamGroup, except tried: EndpointSet = EndpointSet()) -> [Int?] {
    (0..<count).map { _ in group.nextEndpoint(except: tried) }
  }

  @Test(arguments: [
    ([1], [0, 0, 0]), ([1, 1], [0, 1, 0, 1]), ([5, 1, 1], [0, 0, 1, 0, 2, 0, 0]), ([1, 2], [1, 0, 1, 1, 0, 1]),
  ]) func `each gets its share, spread evenly`(weights: [Int], turns: [Int]) throws {
    #expect(Self.turns(turns.count, of: try Self.group(weights)) == turns.map(Optional.some))
  }

  @Test func `one that is unhealthy gets no turn, and its share goes to the others`() throws {
    let group = try Self.group([1, 1, 1])
    #expect(group.table.health.checked(1, passed: false) != nil)
    #expect(Self.turns(4, of: group) == [0, 2, 0, 2])
  }

  @Test func `one that is left out gets no turn before its time`() throws {
    let group = try Self.group([1, 1])
    #expect(group.table.health.failed(0, at: group.now) != nil)
    #expect(Self.turns(3, of: group) == [1, 1, 1])
  }

  @Test func `one whose time is up gets the next turn, and only that`() throws {
    let group = try Self.group([1, 1])
    let longAgo = group.now.advanced(byNanoseconds: -11_000_000_000)
    #expect(group.table.health.failed(1, at: longAgo) != nil)
    #expect(Self.turns(4, of: group) == [1, 0, 0, 0])
  }

  @Test func `if none is healthy there is no turn`() throws {
    let group = try Self.group([1, 1])
    for server in 0..<2 { #expect(group.table.health.checked(server, passed: false) != nil) }
    #expect(Self.turns(2, of: group) == [nil, nil])
    #expect(!group.table.health.hasUsableServer(at: group.now))
  }

  @Test func `if all are left out, the one that comes back first is asked`() throws {
    let group = try Self.group([1, 1, 1])
    for (server, ago) in [(0, 2), (1, 4), (2, 3)] {
      let moment = group.now.advanced(byNanoseconds: Int64(-ago) * 1_000_000_000)
      #expect(group.table.health.failed(server, at: moment) != nil)
    }
    #expect(Self.turns(3, of: group) == [1, 1, 1])
    #expect(!group.table.health.hasUsableServer(at: group.now))
    #expect(group.table.health.hasUsableServer(at: group.now.advanced(byNanoseconds: 6_000_000_000)))
  }

  @Test func `if the rest is unhealthy, one that is left out is asked, and never one of the rest`() throws {
    let group = try Self.group([1, 1])
    #expect(group.table.health.checked(0, passed: false) != nil)
    #expect(group.table.health.failed(1, at: group.now) != nil)
    #expect(Self.turns(2, of: group) == [1, 1])
  }

  @Test func `an exchange doesn't ask the same server twice`() throws {
    let group = try Self.group([5, 1])
    var tried = EndpointSet()
    tried.insert(0)
    #expect(Self.turns(3, of: group, except: tried) == [1, 1, 1])
    tried.insert(1)
    #expect(group.nextEndpoint(except: tried) == nil)
  }

  @Test func `of more than 64 servers as many are asked as there are`() throws {
    let group = try Self.group(Array(repeating: 1, count: 70))
    var tried = EndpointSet()
    while let endpoint = group.nextEndpoint(except: tried) { tried.insert(endpoint) }
    #expect(tried.count == 70)
  }

  @Test func `all is clear only while every server is well`() {
    let health = Self.settings([1, 1]).table.health
    let now = MonotonicTime.current()
    #expect(health.isClear)
    _ = health.failed(0, at: now)
    _ = health.checked(1, passed: false)
    _ = health.checked(1, passed: false)
    #expect(!health.isClear)
    _ = health.answered(0, at: now)
    #expect(!health.isClear)
    _ = health.checked(1, passed: true)
    _ = health.checked(1, passed: true)
    #expect(health.isClear)
  }

  @Test func `what many threads report adds up`() async {
    let health = Self.settings([1, 1, 1, 1]).table.health
    await withTaskGroup(of: Void.self) { group in
      for server in 0..<4 {
        for _ in 0..<2 {
          group.addTask {
            for round in 0..<2000 {
              let now = MonotonicTime(nanoseconds: Int64(round))
              _ = round.isMultiple(of: 2) ? health.failed(server, at: now) : health.answered(server, at: now)
            }
          }
        }
      }
    }
    for server in 0..<4 { _ = health.answered(server, at: .current()) }
    #expect(health.isClear)
  }

  // MARK: Reload

  @Test func `settings that say the same are equivalent`() {
    let old = Self.settings([1, 2])
    #expect(old.isEquivalent(to: Self.settings([1, 2])))
    #expect(!old.isEquivalent(to: Self.settings([1, 3])))
    #expect(!old.isEquivalent(to: Self.settings([1])))
    #expect(!old.isEquivalent(to: Self.settings([1, 2], keepalive: 2)))
  }

  @Test func `a server that stays keeps what is known of it, a new one begins well`() {
    let old = Self.settings([1])
    _ = old.table.health.checked(0, passed: false)
    let new = Self.settings([3, 1], after: old)
    #expect(new.table.health.standing(of: 0) == .unhealthy)
    #expect(new.table.health.standing(of: 1) == .well)
    #expect(!new.table.health.isClear)
  }
}
