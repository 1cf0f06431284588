import Testing
import Transport

@testable import Proxy

@Suite struct `What is said of a server in trouble` {
  static func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

  @Test func `the first failure is said, then one a minute with the number of those in between`() {
    let log = FailureLog()
    #expect(log.note("refused", at: Self.at(0)) == 0)
    for second in 1..<60 { #expect(log.note("refused", at: Self.at(Double(second))) == nil) }
    #expect(log.note("refused", at: Self.at(60)) == 59)
    #expect(log.note("refused", at: Self.at(60)) == nil)
    #expect(log.note("refused", at: Self.at(500)) == 1)
    #expect(log.note("refused", at: Self.at(560)) == 0)
  }

  @Test func `a failure of another kind is news`() {
    let log = FailureLog()
    #expect(log.note("refused", at: Self.at(0)) == 0)
    #expect(log.note("too slow", at: Self.at(1)) == 0)
    #expect(log.note("refused", at: Self.at(2)) == nil)
    #expect(log.note("too slow", at: Self.at(2)) == nil)
  }

  @Test func `however many kinds there are, a few are remembered`() {
    let log = FailureLog()
    for kind in 0..<1000 { #expect(log.note("\(kind)", at: Self.at(0)) == 0) }
    #expect(log.note("999", at: Self.at(1)) == nil)
    #expect(log.note("0", at: Self.at(1)) == 0)
  }
}
