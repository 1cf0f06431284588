import Transport

/// The times at which a host is resolved, and the rule by which a denial counts.
///
///     begun ──answer──▶ known: due after the interval
///       │ └───no answer, denial──▶ due after a pause: 1 s, 2 s, 4 s … 1 min, and never more than the interval
///       └── a connection failed meanwhile: due at once, but no sooner than 1 s after it was last begun
///
/// 1. Nothing makes a host be asked for more than once in ``leastPause``, but an interval that is shorter.
/// 2. A denial counts once the resolver has stood by it for ``denialTime``: a file of hosts that is being rewritten, or a resolver
///    that is being restarted, denies everything for a moment.
struct HostSchedule: Equatable {
  /// In nanoseconds, as are all lengths here.
  static let leastPause: Int64 = 1_000_000_000
  static let longestPause: Int64 = 60_000_000_000
  static let denialTime: Int64 = 5_000_000_000

  private(set) var interval: Int64
  /// The time of the next question.
  private(set) var due: MonotonicTime
  private var lastBegun: MonotonicTime
  private var failureCount = 0
  private var deniedSince: MonotonicTime?

  /// The schedule of a host that was asked for just now.
  ///
  /// - Parameter isKnown: whether there was an answer; if not, it is asked for again soon.
  init(interval: Int64, isKnown: Bool, now: MonotonicTime) {
    self.interval = interval
    lastBegun = now
    due = now
    if isKnown { answered(at: now) } else { failed(at: now) }
  }

  /// True if the last question had no answer.
  var isFailing: Bool { failureCount > 0 }

  /// Goes on with another interval.
  mutating func change(interval: Int64, now: MonotonicTime) {
    self.interval = interval
    due = min(due, now.advanced(byNanoseconds: interval))
  }

  mutating func begin(at now: MonotonicTime) { lastBegun = now }

  /// There was an answer with addresses.
  mutating func answered(at now: MonotonicTime) {
    failureCount = 0
    deniedSince = nil
    due = now.advanced(byNanoseconds: interval)
  }

  /// There was no answer.
  mutating func failed(at now: MonotonicTime) {
    let pause = min(Self.leastPause << Int64(min(failureCount, 6)), Self.longestPause)
    failureCount += 1
    due = now.advanced(byNanoseconds: min(pause, interval))
  }

  /// The answer was that there is no such host.
  ///
  /// - Returns: whether that counts by now.
  mutating func denied(at now: MonotonicTime) -> Bool {
    failed(at: now)
    let since = deniedSince ?? now
    deniedSince = since
    return now >= since.advanced(byNanoseconds: Self.denialTime)
  }

  /// A connection to one of the host's addresses has failed: the host may have moved.
  mutating func hurry(at now: MonotonicTime) {
    due = min(due, max(now, lastBegun.advanced(byNanoseconds: Self.leastPause)))
  }
}
