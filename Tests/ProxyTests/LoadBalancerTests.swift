import Testing
import Transport

@testable import Proxy

/// Turns by hand; the groups of workers are in `UpstreamGroupTests`.
@Suite struct `The choice of an endpoint` {
  static let now = MonotonicTime(nanoseconds: 1_000_000_000_000)

  static func table(_ weights: [Int]) -> EndpointTable { `The servers of an upstream`.settings(weights).table }

  static func turns(
    _ count: Int, of table: EndpointTable, among isCandidate: (Int) -> Bool = { _ in true }
  ) -> [Int?] {
    var balancer = LoadBalancer(endpointCount: table.endpoints.count)
    return (0..<count).map { _ in balancer.next(of: table, at: now, among: isCandidate) }
  }

  @Test(arguments: [[1], [1, 1], [3, 1], [5, 3, 2], [7, 1, 1, 1]])
  func `over a round each endpoint gets exactly its weight`(weights: [Int]) {
    let table = Self.table(weights)
    let total = weights.reduce(0, +)
    let turns = Self.turns(2 * total, of: table).compactMap(\.self)
    for (endpoint, weight) in weights.enumerated() {
      #expect(turns.prefix(total).count { $0 == endpoint } == weight)
      #expect(turns.count { $0 == endpoint } == 2 * weight)
    }
  }

  @Test func `the short way and the long way choose alike`() {
    let table = Self.table([5, 3, 2])
    var short = LoadBalancer(endpointCount: 3)
    #expect((0..<20).map { _ in short.next(of: table) } == Self.turns(20, of: table))
  }

  @Test func `without a candidate there is none`() {
    #expect(Self.turns(2, of: Self.table([1, 1]), among: { _ in false }) == [nil, nil])
  }

  @Test func `a trial comes before all turns, once`() {
    let table = Self.table([1, 1, 1])
    _ = table.health.failed(2, at: Self.now.advanced(byNanoseconds: -10_000_000_000))
    #expect(Self.turns(3, of: table) == [2, 0, 1])
  }

  @Test func `one that is out of the question gets no trial`() {
    let table = Self.table([1, 1])
    _ = table.health.failed(1, at: Self.now.advanced(byNanoseconds: -10_000_000_000))
    #expect(Self.turns(2, of: table, among: { $0 == 0 }) == [0, 0])
    #expect(Self.turns(1, of: table) == [1], "the trial is still to be had")
  }

  @Test func `of those that are left out the one that comes back first is asked, among the candidates`() {
    let table = Self.table([1, 1, 1])
    for (endpoint, ago) in [(0, 1), (1, 3), (2, 2)] as [(Int, Int64)] {
      _ = table.health.failed(endpoint, at: Self.now.advanced(byNanoseconds: -ago * 1_000_000_000))
    }
    #expect(Self.turns(1, of: table) == [1])
    #expect(Self.turns(1, of: table, among: { $0 != 1 }) == [2])
  }
}
