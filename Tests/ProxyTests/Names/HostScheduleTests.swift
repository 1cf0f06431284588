import Testing
import Transport

@testable import Proxy

@Suite struct `When a host is resolved` {
  static let second: Int64 = 1_000_000_000

  /// So many seconds after the beginning.
  static func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

  static func schedule(_ interval: Double = 30, isKnown: Bool = true) -> HostSchedule {
    HostSchedule(interval: Int64(interval * 1e9), isKnown: isKnown, now: at(0))
  }

  @Test func `one that is known is asked for after the interval, again and again`() {
    var schedule = Self.schedule()
    #expect(schedule.due == Self.at(30))
    schedule.begin(at: Self.at(30))
    schedule.answered(at: Self.at(31))
    #expect(schedule.due == Self.at(61))
  }

  @Test func `one without an answer is asked for ever less often, but at each interval at least`() {
    var schedule = Self.schedule(20, isKnown: false)
    var now = 0.0
    for pause in [1.0, 2, 4, 8, 16, 20, 20] {
      #expect(schedule.isFailing)
      #expect(schedule.due == Self.at(now + pause))
      now += pause
      schedule.failed(at: Self.at(now))
    }
    schedule.answered(at: Self.at(now))
    #expect(!schedule.isFailing)
    #expect(schedule.due == Self.at(now + 20))
    schedule.failed(at: Self.at(now + 20))
    #expect(schedule.due == Self.at(now + 21))
  }

  @Test func `the pause after failures is a minute at most`() {
    var schedule = Self.schedule(3600, isKnown: false)
    for _ in 0..<20 { schedule.failed(at: Self.at(100)) }
    #expect(schedule.due == Self.at(160))
  }

  @Test func `a failed connection has it asked for at once, but once a second at most`() {
    var schedule = Self.schedule()
    schedule.hurry(at: Self.at(10))
    #expect(schedule.due == Self.at(10))
    schedule.begin(at: Self.at(10))
    schedule.answered(at: Self.at(10))
    schedule.hurry(at: Self.at(10.2))
    #expect(schedule.due == Self.at(11))
    schedule.hurry(at: Self.at(10.9))
    #expect(schedule.due == Self.at(11))
  }

  @Test func `a failed connection never puts it off`() {
    var schedule = Self.schedule(0.1)
    schedule.begin(at: Self.at(0))
    schedule.hurry(at: Self.at(0.05))
    #expect(schedule.due == Self.at(0.1))
  }

  @Test func `a denial counts only when the resolver has stood by it for five seconds`() {
    var schedule = Self.schedule()
    #expect(schedule.denied(at: Self.at(30)) == false)
    #expect(schedule.denied(at: Self.at(34.9)) == false)
    #expect(schedule.denied(at: Self.at(35)) == true)
  }

  @Test func `an answer between two denials begins the count anew, and a failure doesn't`() {
    var schedule = Self.schedule()
    #expect(schedule.denied(at: Self.at(30)) == false)
    schedule.failed(at: Self.at(33))
    #expect(schedule.denied(at: Self.at(36)) == true)
    schedule.answered(at: Self.at(40))
    #expect(schedule.denied(at: Self.at(41)) == false)
    #expect(schedule.denied(at: Self.at(45)) == false)
    #expect(schedule.denied(at: Self.at(46)) == true)
  }

  @Test func `a shorter interval counts at once`() {
    var schedule = Self.schedule()
    schedule.change(interval: 5 * Self.second, now: Self.at(10))
    #expect(schedule.due == Self.at(15))
    schedule.change(interval: 60 * Self.second, now: Self.at(11))
    #expect(schedule.due == Self.at(15))
  }
}
