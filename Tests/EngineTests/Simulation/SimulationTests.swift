import Glibc
import TestSupport
import Testing
import Transport

/// Many worlds, each decided by a seed.
///
/// `PORTCULLIS_SIMULATION_SEEDS` says how many, `PORTCULLIS_SIMULATION_FIRST` where to begin.
@Suite(.serialized) struct `The engine in simulated worlds` {
  private static func setting(_ name: String) -> UInt64? {
    unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) }
  }

  @Test func `keeps its promises whatever clients, upstreams and the clock do`() throws {
    let first = Self.setting("PORTCULLIS_SIMULATION_FIRST") ?? 0
    let count = Self.setting("PORTCULLIS_SIMULATION_SEEDS") ?? 256
    var answered = 0
    for seed in first..<first + count {
      let simulation = try Simulation(seed: seed)
      simulation.run()
      answered += simulation.requests.count
      try #require(simulation.faults == [], "replay it with PORTCULLIS_SIMULATION_FIRST=\(seed) and one seed")
    }
    #expect(answered > Int(count))
  }

  @Test func `a world that has ended is let go`() throws {
    weak var loop: EventLoop?
    for seed in [3, 4, 5] as [UInt64] {
      let simulation = try Simulation(seed: seed)
      simulation.run()
      loop = simulation.loop
    }
    #expect(loop == nil)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64]) func `a seed replays to the byte`(seed: UInt64) throws {
    let first = try Simulation(seed: seed)
    first.run()
    let second = try Simulation(seed: seed)
    second.run()
    #expect(first.digest == second.digest)
    #expect(first.now == second.now)
  }
}
