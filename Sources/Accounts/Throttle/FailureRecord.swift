import Configuration

/// The failed logins of one account from one network, or of one network.
///
///     free ── a failure beyond the budget ──▶ delayed(1 s) ── the delay ends ──▶ tried one at a time
///      ▲                                           ▲                                 │
///      │                                           └────── failure: twice as long ───┤
///      └────────────── success, or a window without a failure since the delay ───────┘
///
/// 1. While `now < delayedUntil`, nothing is admitted.
/// 2. What is admitted is counted in `pending` until it ends, and `pending` counts like failures when the next is admitted: so
///    parallel guesses can't exceed the budget.
/// 3. After the first delay one login at a time is admitted.
struct FailureRecord {
  /// The times of the failures that count, oldest first; at most as many as the budget has.
  private var times: [Int64] = []
  /// The number of delays that were started.
  private var level = 0
  private var delayedUntil = Int64.min
  private(set) var pending = 0
  /// The delay of which a refusal was noted.
  private var notedLevel = 0
  /// The last moment that something changed.
  private(set) var lastUse: Int64

  init(now: Int64) { lastUse = now }

  /// For how many nanoseconds nothing is admitted, nil if a login is.
  ///
  /// - Parameter budget: how many failures within the window start no delay.
  mutating func wait(budget: Int, policy: ThrottlePolicy, now: Int64) -> Int64? {
    forget(policy, now: now)
    if now < delayedUntil { return delayedUntil - now }
    if pending == 0 || level == 0 && times.count + pending <= budget { return nil }
    // As long as a login takes, which isn't known; a second is the shortest there is.
    return ThrottlePolicy.second
  }

  /// Counts a login that was admitted.
  mutating func admit(now: Int64) {
    pending += 1
    lastUse = max(lastUse, now)
  }

  /// Notes that a login was refused; true for the first time in a delay.
  mutating func noteRefusal() -> Bool {
    guard level != notedLevel else { return false }
    notedLevel = level
    return true
  }

  /// Takes back what ``admit(now:)`` has counted.
  mutating func settle() { pending = max(0, pending - 1) }

  /// Counts a failure, which starts a delay if the budget is spent.
  mutating func fail(budget: Int, policy: ThrottlePolicy, now: Int64) {
    forget(policy, now: now)
    lastUse = max(lastUse, now)
    if level == 0 && times.count < budget {
      times.append(now)
    } else {
      level = min(level + 1, 64)
      delayedUntil = now + policy.delay(level)
    }
  }

  /// Forgets the failures; those who are under way are still counted.
  mutating func clear() {
    times = []
    level = 0
    delayedUntil = .min
  }

  /// True if failures or a delay are noted.
  var hasFailures: Bool { !times.isEmpty || level > 0 }

  /// True if the record says nothing that a new one would not.
  mutating func isBlank(_ policy: ThrottlePolicy, now: Int64) -> Bool {
    forget(policy, now: now)
    return times.isEmpty && level == 0 && pending == 0
  }

  /// The record as a database keeps it.
  ///
  /// - Parameter time: makes the time of a clock that goes on of one of this record.
  func stored(
    account: String?, network: ClientNetwork, policy: ThrottlePolicy, _ time: (Int64) -> Int64
  ) -> StoredFailures {
    let end = level > 0 ? delayedUntil : times.last
    return StoredFailures(
      account: account, network: network.text, times: times.map(time), level: level,
      delayedUntil: level > 0 ? time(delayedUntil) : nil, lastUse: time(lastUse),
      until: end.map { time($0 + policy.window) } ?? 0)
  }

  /// - Parameter time: makes a time of this record's clock of one that the database has.
  init(_ stored: StoredFailures, _ time: (Int64) -> Int64) {
    times = stored.times.map(time)
    level = max(0, min(stored.level, 64))
    delayedUntil = stored.delayedUntil.map(time) ?? .min
    lastUse = time(stored.lastUse)
  }

  /// True while a delay is running.
  func isDelayed(now: Int64) -> Bool { now < delayedUntil }

  private mutating func forget(_ policy: ThrottlePolicy, now: Int64) {
    if level > 0 {
      // Every failure moves the end of the delay; logins that succeed do not.
      if now >= delayedUntil + policy.window { clear() }
    } else if let first = times.first, now >= first + policy.window {
      times.removeAll { now >= $0 + policy.window }
    }
  }
}
