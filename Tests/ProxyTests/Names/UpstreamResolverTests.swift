import Configuration
import Observability
import Synchronization
import Testing
import Transport

@testable import Proxy

/// The resolver with a script in place of the system's.
@Suite(.timeLimit(.minutes(2))) struct `Names that are resolved in the background` {
  typealias Upstream = NamedUpstream

  /// The scripted answers for names, and the number of questions for each.
  final class Script: Sendable {
    private let state = Mutex((answers: [String: HostAnswer](), counts: [String: Int]()))

    func set(_ host: String, _ answer: HostAnswer) { state.withLock { $0.answers[host] = answer } }

    func count(_ host: String) -> Int { state.withLock { $0.counts[host] ?? 0 } }

    func ask(_ host: String) -> HostAnswer {
      state.withLock { state in
        state.counts[host, default: 0] += 1
        return state.answers[host] ?? .failed("no script")
      }
    }
  }

  let script = Script()
  let told = Recorder<Int>()
  let resolver: UpstreamResolver

  init() throws {
    let script = script
    resolver = try UpstreamResolver(log: ErrorLog(sink: nil, level: .error)) { script.ask($0) }
  }

  func watch(_ upstreams: [UpstreamSettings], answers: [String: HostAnswer] = [:]) {
    let told = told
    resolver.watch(upstreams, answers: answers) { told.add(1) }
  }

  /// Waits for a condition, as long as the suite's limit lets it.
  func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
  }

  static let often: Int64 = 10_000_000
  static let seldom: Int64 = 3600 * 1_000_000_000

  @Test func `a name that moves is followed in every upstream that has it, and all are told`() async throws {
    let upstreams = [
      Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1])], interval: Self.often),
      Upstream.settings([("b", 1), ("a", 1)], interval: Self.seldom),
    ]
    script.set("a", .addresses(Upstream.addresses([1])))
    script.set("b", .addresses(Upstream.addresses([9])))
    watch(upstreams, answers: ["a": .addresses(Upstream.addresses([1]))])
    try await until { upstreams[1].places == [9, 1] }
    #expect(upstreams[0].places == [1])
    let before = told.values.count
    script.set("a", .addresses(Upstream.addresses([2, 3])))
    try await until {
      upstreams[0].places == [2, 3] && upstreams[1].places == [9, 2, 3] && told.values.count > before
    }
  }

  @Test func `the last answer is kept while there is none`() async throws {
    let upstream = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1])], interval: Self.often)
    script.set("a", .failed("out of order"))
    watch([upstream])
    try await until { script.count("a") > 3 }
    #expect(upstream.places == [1])
    script.set("a", .addresses(Upstream.addresses([2])))
    try await until { upstream.places == [2] }
  }

  @Test func `a denial that the resolver stands by is believed, until it is taken back`() async throws {
    let upstream = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1])], interval: Self.often)
    script.set("a", .denied("no such host"))
    watch([upstream])
    // For how long it must stand by it is the schedule's matter.
    try await until { upstream.places == [] }
    #expect(script.count("a") > 1)
    script.set("a", .addresses(Upstream.addresses([2])))
    try await until { upstream.places == [2] }
  }

  @Test func `a name that was unknown at first is asked for soon, whatever the interval`() async throws {
    let upstream = Upstream.settings([("a", 1)], interval: Self.seldom)
    script.set("a", .addresses(Upstream.addresses([1])))
    watch([upstream], answers: ["a": .failed("too early")])
    try await until { upstream.places == [1] }
  }

  @Test func `a failed connection has the name asked for at once, many once a second`() async throws {
    let upstream = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1])], interval: Self.seldom)
    script.set("a", .addresses(Upstream.addresses([2])))
    watch([upstream], answers: ["a": .addresses(Upstream.addresses([1]))])
    try await until { !told.values.isEmpty }
    let endpoint = upstream.table.endpoints[0]
    let began = MonotonicTime.current()
    for _ in 0..<10_000 { upstream.connectionFailed(to: endpoint, at: .current()) }
    try await until { upstream.places == [2] }
    let elapsed = MonotonicTime.current().nanoseconds - began.nanoseconds
    #expect(script.count("a") <= 1 + Int(elapsed / 1_000_000_000))
  }

  @Test func `what a survey has found counts for upstreams that stay as they are`() async throws {
    let upstream = Upstream.settings([("a", 1)], answers: ["a": Upstream.addresses([1])], interval: Self.seldom)
    watch([upstream], answers: ["a": .addresses(Upstream.addresses([5]))])
    try await until { upstream.places == [5] }
    #expect(script.count("a") == 0)
  }

  @Test func `a name that no upstream has any more is not asked for`() async throws {
    let upstream = Upstream.settings([("a", 1)], interval: Self.often)
    script.set("a", .addresses(Upstream.addresses([1])))
    script.set("b", .addresses(Upstream.addresses([2])))
    watch([upstream])
    try await until { upstream.places == [1] }
    let other = Upstream.settings([("b", 1)], interval: Self.often)
    watch([other])
    try await until { other.places == [2] }
    let count = script.count("a")
    let others = script.count("b")
    try await until { script.count("b") > others + 5 }
    #expect(script.count("a") <= count + 1, "one may have been under way")
  }
}
