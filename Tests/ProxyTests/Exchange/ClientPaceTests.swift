import Configuration
import Testing
import Transport

@testable import Proxy

@Suite struct `The pace of a client` {
  private static let pace: ClientPace = ClientPace(Timeouts(LimitsConfiguration()))

  private func time(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

  @Test func `grants a grace, of which only waits for the client use something up`() {
    var pace = Self.pace
    #expect(pace.beginWait(at: time(100)) == time(110))
    pace.endWait(at: time(104))
    // The gateway's own hour is not the client's fault.
    #expect(pace.beginWait(at: time(3700)) == time(3706))
  }

  @Test func `a wait ends once`() {
    var pace = Self.pace
    _ = pace.beginWait(at: time(0))
    pace.endWait(at: time(4))
    pace.endWait(at: time(9))
    #expect(pace.beginWait(at: time(10)) == time(16))
  }

  @Test func `what drains while the client has no room counts`() {
    var pace = Self.pace
    _ = pace.beginWait(at: time(0), unsentCount: 10_000)
    pace.endWait(at: time(10))
    #expect(pace.hasDrained(to: 7_600) == true)
    // 2,400 bytes at 240 a second are worth ten seconds.
    #expect(pace.beginWait(at: time(10), unsentCount: 7_600) == time(20))
    pace.endWait(at: time(20))
    #expect(pace.hasDrained(to: 7_600) == false)
  }

  @Test func `a client that was not to read has drained nothing`() {
    var pace = Self.pace
    _ = pace.beginWait(at: time(0))
    pace.endWait(at: time(10))
    #expect(pace.hasDrained(to: 0) == false)
  }

  @Test func `another message begins anew`() {
    var pace = Self.pace
    _ = pace.beginWait(at: time(0))
    pace.endWait(at: time(9))
    pace.reset()
    #expect(pace.beginWait(at: time(9)) == time(19))
  }
}
