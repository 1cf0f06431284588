import Transport

/// Decides which fetch of a source's keys a request waits for that misses one, and whether the request may cause a fetch.
///
///     idle ──a turn is taken, or the schedule says so──▶ under way ──ended──▶ idle
///
/// 1. There is one fetch at a time: who misses a key while one is under way waits for that one.
/// 2. Requests that miss a key of a set cause three fetches, and one more after each cooldown: a made-up `kid` does not use up the
///    turn of the next token that needs a new key.
/// 3. Requests that find no key at all cause one fetch in each cooldown, and use up no turn of the others.
///
/// Ends of fetches are numbered, those of all sources in one row, so that a worker knows of which it has been told.
struct FetchTurns {
  /// The number of fetches that may be caused within one cooldown.
  static let budget = 3

  /// In nanoseconds.
  private let cooldown: Int64
  /// The time at which the budget is whole again.
  private var wholeFrom = MonotonicTime(nanoseconds: 0)
  private var openForAny = MonotonicTime(nanoseconds: 0)
  private var isUnderWay = false
  private var lastEnd: UInt64 = 0

  init(cooldown: Int64) { self.cooldown = cooldown }

  /// The instruction to a request that misses a key.
  enum Turn: Equatable {
    /// Wait: a fetch has ended, and its keys are on their way to the worker.
    case news
    /// Wait for the fetch that is under way.
    case join
    /// Have the keys fetched, and wait for that.
    case begin
    /// Take no for an answer.
    case refuse
  }

  /// - Parameters:
  ///   - hasNone: whether the key is missed because there is none at all.
  ///   - told: the last end of a fetch that the worker has been told of.
  mutating func take(at now: MonotonicTime, hasNone: Bool, told: UInt64) -> Turn {
    if lastEnd > told { return .news }
    if isUnderWay { return .join }
    guard hasNone ? takeForAny(at: now) : takeFromBudget(at: now) else { return .refuse }
    isUnderWay = true
    return .begin
  }

  private mutating func takeForAny(at now: MonotonicTime) -> Bool {
    guard now >= openForAny else { return false }
    openForAny = now.advanced(byNanoseconds: cooldown)
    return true
  }

  private mutating func takeFromBudget(at now: MonotonicTime) -> Bool {
    let missing = max(0, wholeFrom.nanoseconds - now.nanoseconds)
    guard missing <= Int64(Self.budget - 1) * cooldown else { return false }
    wholeFrom = max(now, wholeFrom).advanced(byNanoseconds: cooldown)
    return true
  }

  mutating func began() { isUnderWay = true }

  /// - Parameter number: larger than that of any end before.
  mutating func ended(_ number: UInt64) {
    isUnderWay = false
    lastEnd = number
  }
}
