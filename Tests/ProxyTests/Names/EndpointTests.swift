import Testing
import Transport

@testable import Proxy

@Suite struct `The addresses of an upstream's servers` {
  typealias Upstream = NamedUpstream

  @Test func `each address is an endpoint of its own, in the order of the configuration`() {
    let settings = Upstream.settings(
      [("a", 1), ("127.0.0.9", 1), ("b", 1)], answers: ["a": Upstream.addresses([1, 2]), "b": Upstream.addresses([3])])
    #expect(settings.places == [1, 2, 9, 3])
    #expect(settings.table.endpoints.allSatisfy { $0.address.port == 80 })
    #expect(settings.table.endpoints[1].label == "a:80 (127.0.0.2:80)")
    #expect(settings.table.endpoints[2].label == "127.0.0.9:80")
    #expect(settings.hosts == ["a", "b"])
  }

  @Test func `a server's weight is divided among its addresses`() throws {
    let settings = Upstream.settings(
      [("a", 2), ("b", 1)], answers: ["a": Upstream.addresses([1, 2, 3, 4]), "b": Upstream.addresses([5])])
    let group = UpstreamGroup(settings, loop: try EventLoop())
    var turns = [Int: Int]()
    for _ in 0..<60 { turns[group.nextEndpoint(except: EndpointSet()) ?? -1, default: 0] += 1 }
    #expect(turns == [0: 10, 1: 10, 2: 10, 3: 10, 4: 20])
  }

  @Test func `a name that stands for nothing gets no turn, and its share goes to the others`() throws {
    let settings = Upstream.settings([("a", 5), ("b", 1)], answers: ["b": Upstream.addresses([5])])
    let group = UpstreamGroup(settings, loop: try EventLoop())
    #expect(group.nextEndpoint(except: EndpointSet()) == 0)
    #expect(group.address(of: 0) == Upstream.address(5))
  }

  @Test func `an upstream all of whose names stand for nothing has no server`() throws {
    let settings = Upstream.settings([("a", 1)])
    let group = UpstreamGroup(settings, loop: try EventLoop())
    #expect(group.nextEndpoint(except: EndpointSet()) == nil)
    #expect(!group.table.health.hasUsableServer(at: group.now))
  }

  // MARK: Moves

  @Test func `what is the same in another order is no news`() {
    let settings = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1, 2])])
    let table = settings.table
    #expect(settings.adopt(Upstream.addresses([2, 1]), of: "a") == nil)
    #expect(settings.adopt(Upstream.addresses([7]), of: "other") == nil)
    #expect(settings.table === table)
  }

  @Test func `a move says what there is and what is gone`() {
    let settings = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1, 2])])
    let move = settings.adopt(Upstream.addresses([2, 3]), of: "a")
    #expect(move == UpstreamSettings.Move(addresses: Upstream.addresses([2, 3]), gone: Upstream.addresses([1])))
    #expect(settings.places == [2, 3])
    #expect(settings.adopt([], of: "a")?.gone == Upstream.addresses([2, 3]))
    #expect(settings.places == [])
  }

  @Test func `an address that stays keeps its health, and one that comes back begins anew`() {
    let settings = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1, 2])])
    let old = settings.table
    for endpoint in 0..<2 { #expect(old.health.checked(endpoint, passed: false) != nil) }
    _ = settings.adopt(Upstream.addresses([2, 3]), of: "a")
    #expect(settings.table.endpoints[0] === old.endpoints[1])
    #expect(settings.table.health.standing(of: 0) == .unhealthy)
    #expect(settings.table.health.standing(of: 1) == .well)
    _ = settings.adopt(Upstream.addresses([1, 3]), of: "a")
    #expect(settings.table.health.standing(of: 0) == .well)
    #expect(settings.table.health.isClear)
  }

  @Test func `what is reported of an address that is gone counts for nothing`() {
    let settings = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1, 2])])
    let old = settings.table
    #expect(old.health.checked(0, passed: false) != nil)
    #expect(!settings.table.health.isClear)
    _ = settings.adopt(Upstream.addresses([2]), of: "a")
    #expect(settings.table.health.isClear)
    _ = old.health.checked(0, passed: true)
    _ = old.health.checked(0, passed: false)
    #expect(settings.table.health.isClear)
    _ = old.health.checked(1, passed: false)
    #expect(!settings.table.health.isClear)
  }

  @Test func `a reload keeps what is known of an address, whatever else has changed`() {
    let old = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1, 2])])
    _ = old.table.health.checked(1, passed: false)
    let new = Upstream.settings(
      [("b", 1), ("a", 3)], answers: ["a": Upstream.addresses([2]), "b": Upstream.addresses([2])], after: old)
    #expect(new.table.health.standing(of: 0) == .well)
    #expect(new.table.health.standing(of: 1) == .unhealthy)
    #expect(!new.isEquivalent(to: old))
    #expect(Upstream.settings([("a", 1)]).isEquivalent(to: old), "addresses are not configured")
  }

  @Test func `a worker's group is renewed only when something has moved`() throws {
    let settings = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1])])
    let group = UpstreamGroup(settings, loop: try EventLoop())
    #expect(group.renewed() === group)
    _ = settings.adopt(Upstream.addresses([2]), of: "a")
    #expect(group.isOutdated)
    let renewed = group.renewed()
    #expect(renewed !== group)
    #expect(!renewed.isOutdated)
    #expect(renewed.address(of: 0) == Upstream.address(2))
  }

  @Test func `an exchange that began before a move is given no address that is gone`() throws {
    let settings = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1, 2])])
    let group = UpstreamGroup(settings, loop: try EventLoop())
    _ = settings.adopt(Upstream.addresses([2, 3]), of: "a")
    let renewed = group.renewed()
    #expect(group.isGone(0))
    #expect(!group.isGone(1))
    #expect((0..<4).map { _ in group.nextEndpoint(except: EndpointSet()) } == [1, 1, 1, 1])
    _ = settings.adopt(Upstream.addresses([3]), of: "a")
    _ = renewed.renewed()
    #expect(group.isGone(1), "it hears of every move, however many there are")
    #expect(group.nextEndpoint(except: EndpointSet()) == nil)
  }

  // MARK: Failed connections

  @Test func `a failed connection has the server's host asked for, however many fail, ten times a second`() {
    let settings = Upstream.settings(
      [("a", 1), ("127.0.0.9", 1), ("b", 1)], answers: ["a": Upstream.addresses([1, 2]), "b": Upstream.addresses([3])])
    let asked = Recorder<String>()
    settings.onFailedConnection { asked.add($0) }
    let table = settings.table
    for nanoseconds in stride(from: Int64(0), to: 1_000_000_000, by: 1_000_000) {
      for endpoint in table.endpoints where endpoint.server.host != "b" {
        settings.connectionFailed(to: endpoint, at: MonotonicTime(nanoseconds: nanoseconds))
      }
    }
    #expect(asked.values == Array(repeating: "a", count: 10))
    settings.connectionFailed(to: table.endpoints[3], at: MonotonicTime(nanoseconds: 1))
    #expect(asked.values.last == "b")
  }
}
