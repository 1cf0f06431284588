/// The requests of many callers against one limit: a value without a clock or a lock.
///
/// It is bounded: callers whose allowance is whole again are forgotten first, then those who are nearest to it.
package struct RateLimitTable: Sendable {
  package let limit: RateLimit
  /// The most callers that are known at a time.
  private let countMax: Int
  /// The time from which the allowance of each caller is whole again.
  private var wholes: [String: Int64] = [:]

  package init(_ limit: RateLimit, countMax: Int = 65_536) {
    self.limit = limit
    self.countMax = max(8, countMax)
  }

  /// The number of callers that are known.
  package var count: Int { wholes.count }

  /// Counts a request; for how many nanoseconds none passes, nil if this one does.
  ///
  /// - Parameter now: nanoseconds of a monotonic clock, the same in all calls.
  package mutating func admit(_ caller: String, now: Int64) -> Int64? {
    switch limit.judge(whole: wholes[caller], now: now) {
    case .refused(let wait): return wait
    case .admitted(let whole):
      if wholes[caller] == nil, wholes.count >= countMax { makeRoom(now: now) }
      wholes[caller] = whole
      return nil
    }
  }

  private mutating func makeRoom(now: Int64) {
    wholes = wholes.filter { $0.value > now }
    let excess = wholes.count - countMax / 8 * 7
    guard excess > 0 else { return }
    for (caller, _) in wholes.sorted(by: { $0.value < $1.value }).prefix(excess) { wholes[caller] = nil }
  }
}
