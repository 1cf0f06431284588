import Testing
import Transport

@testable import IssuerKeys

@Suite struct `When keys are fetched` {
  static let second: Int64 = 1_000_000_000
  let start = MonotonicTime(nanoseconds: 1_000_000 * second)

  func seconds(_ count: Double) -> MonotonicTime {
    start.advanced(byNanoseconds: Int64(count * Double(Self.second)))
  }

  @Test func `at once at first`() {
    #expect(FetchSchedule(now: start).isDue(at: start))
  }

  @Test(
    arguments: [
      (nil, 300.0), (0, 60), (1, 60), (60, 60), (600, 600), (3600, 3600), (3601, 3600), (86_400, 3600), (1 << 31, 3600),
    ] as [(Int64?, Double)])
  func `ahead of the end of their time, within bounds`(_ lifetime: Int64?, _ counted: Double) {
    for (chance, part) in [(0.0, 0.8), (0.5, 0.875), (1.0, 0.95)] {
      var schedule = FetchSchedule(now: start)
      schedule.succeeded(at: start, lifetime: lifetime.map { $0 * Self.second }, chance: chance)
      #expect(!schedule.isDue(at: seconds(counted * part - 0.1)))
      #expect(schedule.isDue(at: seconds(counted * part + 0.1)))
    }
  }

  @Test func `ever less often while that fails`() {
    var schedule = FetchSchedule(now: start)
    let pauses = (0..<9).map { _ in schedule.failed(at: start, chance: 0) / Self.second }
    #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    schedule.succeeded(at: start, lifetime: nil, chance: 0)
    let pause = schedule.failed(at: start, chance: 0)
    #expect(pause == Self.second)
  }

  @Test func `again and again for years without a trap`() {
    var schedule = FetchSchedule(now: start)
    for _ in 0..<100_000 { _ = schedule.failed(at: start, chance: 0.5) }
    #expect(schedule.due == seconds(60 * 0.875))
  }

  @Test func `not by all gateways at the same moment`() {
    var early = FetchSchedule(now: start)
    var late = FetchSchedule(now: start)
    for _ in 0..<4 {
      _ = early.failed(at: start, chance: 1)
      _ = late.failed(at: start, chance: 0)
    }
    #expect(early.due == seconds(6))
    #expect(late.due == seconds(8))
  }

  @Test func `and count for a day without`() {
    var schedule = FetchSchedule(now: start)
    schedule.succeeded(at: seconds(10), lifetime: nil, chance: 0)
    _ = schedule.failed(at: seconds(20), chance: 0)
    #expect(!schedule.isExpired(at: seconds(10 + 86_399)))
    #expect(schedule.isExpired(at: seconds(10 + 86_401)))
    schedule.succeeded(at: seconds(90_000), lifetime: nil, chance: 0)
    #expect(!schedule.isExpired(at: seconds(90_001)))
  }
}
