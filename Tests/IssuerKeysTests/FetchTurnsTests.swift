import Testing
import Transport

@testable import IssuerKeys

@Suite struct `Turns to have keys fetched` {
  static let cooldown: Int64 = 30

  /// The outcomes of fetches that are caused at each of these times and have ended by the next.
  func turns(at times: [Int64], hasNone: Bool = false) -> [FetchTurns.Turn] {
    var turns = FetchTurns(cooldown: Self.cooldown)
    var end: UInt64 = 0
    return times.map { time in
      let turn = turns.take(at: MonotonicTime(nanoseconds: 1000 + time), hasNone: hasNone, told: end)
      if turn == .begin {
        end += 1
        turns.ended(end)
      }
      return turn
    }
  }

  @Test(
    arguments: [
      ([0, 0, 0, 0, 29, 30, 30, 60], [.begin, .begin, .begin, .refuse, .refuse, .begin, .refuse, .begin]),
      ([0, 10, 20, 29, 30, 59, 60, 61], [.begin, .begin, .begin, .refuse, .begin, .refuse, .begin, .refuse]),
      // What isn't used is not saved up beyond three.
      ([0, 1000, 1000, 1000, 1000], [.begin, .begin, .begin, .begin, .refuse]),
      ([0, 0, 40, 40, 40], [.begin, .begin, .begin, .begin, .refuse]),
    ] as [([Int64], [FetchTurns.Turn])])
  func `there are three, and one more after each cooldown`(times: [Int64], expected: [FetchTurns.Turn]) {
    #expect(turns(at: times) == expected)
  }

  @Test func `where there is no key at all there is one in each cooldown`() {
    #expect(turns(at: [0, 0, 29, 30, 31, 60], hasNone: true) == [.begin, .refuse, .refuse, .begin, .refuse, .begin])
    var turns = FetchTurns(cooldown: Self.cooldown)
    let now = MonotonicTime(nanoseconds: 1000)
    #expect(turns.take(at: now, hasNone: true, told: 0) == .begin)
    turns.ended(1)
    // The turns of those who miss one of several are all left.
    for number in 1...3 {
      #expect(turns.take(at: now, hasNone: false, told: UInt64(number)) == .begin)
      turns.ended(UInt64(number) + 1)
    }
    #expect(turns.take(at: now, hasNone: false, told: 4) == .refuse)
  }

  @Test func `a fetch that is under way is joined, whoever has begun it, and uses up nothing`() {
    var turns = FetchTurns(cooldown: Self.cooldown)
    let now = MonotonicTime(nanoseconds: 1000)
    turns.began()
    for hasNone in [true, false] { #expect(turns.take(at: now, hasNone: hasNone, told: 0) == .join) }
    turns.ended(1)
    #expect(turns.take(at: now, hasNone: false, told: 1) == .begin)
    for _ in 0..<5 { #expect(turns.take(at: now, hasNone: false, told: 1) == .join) }
    turns.ended(2)
    #expect(turns.take(at: now, hasNone: false, told: 2) == .begin)
    turns.ended(3)
    #expect(turns.take(at: now, hasNone: false, told: 3) == .begin)
  }

  @Test func `a worker that has not been told of an end waits for what it brings`() {
    var turns = FetchTurns(cooldown: Self.cooldown)
    let now = MonotonicTime(nanoseconds: 1000)
    turns.began()
    turns.ended(7)
    #expect(turns.take(at: now, hasNone: false, told: 6) == .news)
    // Ends of other sources are numbered in the same row.
    #expect(turns.take(at: now, hasNone: false, told: 8) == .begin)
    #expect(turns.take(at: now, hasNone: false, told: 6) == .news)
  }
}
