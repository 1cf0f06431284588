import Transport

/// The times at which the keys of a source are fetched: well before they go stale, ever less often while that fails.
///
/// It also says how long the last ones count.
///
/// Chance keeps gateways that were started together from asking together.
struct FetchSchedule {
  /// The bounds of a document's freshness, whatever its sender says: 1 minute to 1 hour; 5 minutes if nothing is said.
  static let lifetimes: ClosedRange<Int64> = 60_000_000_000...3600_000_000_000
  static let usualLifetime: Int64 = 300_000_000_000
  /// The pause after the first failure and the longest one: 1 second, doubled each time, up to 1 minute.
  static let firstPause: Int64 = 1_000_000_000
  static let longestPause: Int64 = 60_000_000_000
  /// The time for which keys count that can't be fetched again: 24 hours.
  static let keptFor: Int64 = 24 * 3600 * 1_000_000_000

  /// The time of the next fetch.
  private(set) var due: MonotonicTime
  private var failureCount = 0
  /// The time at which keys were last fetched, or the schedule began with some.
  private var obtained: MonotonicTime

  /// Fetches at once.
  init(now: MonotonicTime) {
    due = now
    obtained = now
  }

  func isDue(at now: MonotonicTime) -> Bool { due <= now }

  /// Keys were fetched: come back when 80 to 95 % of their time is over.
  ///
  /// - Parameters:
  ///   - lifetime: how long they are fresh, in nanoseconds; bounded here.
  ///   - chance: from 0 to 1.
  mutating func succeeded(at now: MonotonicTime, lifetime: Int64?, chance: Double) {
    let lifetime = min(max(lifetime ?? Self.usualLifetime, Self.lifetimes.lowerBound), Self.lifetimes.upperBound)
    failureCount = 0
    obtained = now
    due = now.advanced(byNanoseconds: Int64(Double(lifetime) * (0.8 + 0.15 * chance)))
  }

  /// That failed: come back after a pause, shortened by up to a quarter.
  ///
  /// - Returns: the pause in nanoseconds.
  mutating func failed(at now: MonotonicTime, chance: Double) -> Int64 {
    let whole = min(Self.firstPause << Int64(min(failureCount, 10)), Self.longestPause)
    failureCount += 1
    let pause = Int64(Double(whole) * (1 - 0.25 * chance))
    due = now.advanced(byNanoseconds: pause)
    return pause
  }

  /// True if the last keys are too old to verify anything.
  func isExpired(at now: MonotonicTime) -> Bool { now > obtained.advanced(byNanoseconds: Self.keptFor) }
}
