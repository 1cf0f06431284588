import Testing
import Transport

@testable import Proxy

@Suite struct `A rate meter` {
  private static let second: Int64 = 1_000_000_000

  private func time(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

  @Test func `grants a grace to a peer that has sent nothing yet`() {
    var meter = RateMeter(bytesPerSecond: 240, grace: 10 * Self.second)
    #expect(meter.beginWait(at: time(100)) == time(110))
  }

  @Test func `counts only the time in which we wait for the peer`() {
    var meter = RateMeter(bytesPerSecond: 240, grace: 10 * Self.second)
    _ = meter.beginWait(at: time(0))
    meter.endWait(at: time(4))
    // An hour of our own work is not the peer's fault.
    #expect(meter.beginWait(at: time(3600)) == time(3606))
  }

  @Test func `gives time for bytes at the least rate`() {
    var meter = RateMeter(bytesPerSecond: 100, grace: 2 * Self.second)
    _ = meter.beginWait(at: time(0))
    meter.endWait(at: time(2))
    meter.credit(300)
    #expect(meter.beginWait(at: time(2)) == time(5))
  }

  @Test func `saves nothing up beyond six times the grace`() {
    var meter = RateMeter(bytesPerSecond: 1, grace: Self.second)
    meter.credit(.max)
    #expect(meter.beginWait(at: time(0)) == time(6))
  }

  @Test func `finds out who drips`() {
    var meter = RateMeter(bytesPerSecond: 240, grace: 10 * Self.second)
    var now = 0.0
    var isCut = false
    for _ in 0..<20 where !isCut {
      // A byte each five seconds.
      isCut = meter.beginWait(at: time(now)) < time(now + 5)
      now += 5
      meter.endWait(at: time(now))
      meter.credit(1)
    }
    #expect(isCut && now <= 20)
  }
}
