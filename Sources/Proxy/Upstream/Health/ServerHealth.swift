import Configuration
import Transport

/// The health of a server, from checks and from the requests that it was given.
///
/// Events in, changes out; it reads no clock and reports to no one.
///
///                 unhealthyAfter failed checks in a row
///     checks      passing ────────────────────────────────▶ failing
///                         ◀────────────────────────────────
///                  healthyAfter good checks in a row (requests' failures are forgotten, too)
///
///                 failures in a row
///     requests    in use ─────────▶ left out ──time is up──▶ on trial: one request ──fails──▶ left out, twice as long
///                    ▲                                                  │ is answered
///                    └──────────────────────────────────────────────────┘
///
/// 1. A server is in use until something speaks against it.
/// 2. Each change is reported once, by the event that brings it about.
/// 3. While a server is left out, of all requests only its trial counts against it; any answer counts for it.
/// 4. A trial that nobody reports on holds up the next one for no longer than an answer may take.
/// 5. A server that has served for as long as it was left out last begins with the shortest ejection again.
struct ServerHealth: Sendable, Equatable {
  /// The rules by which a server is judged.
  struct Rules: Sendable, Equatable {
    /// Nil where no checks are made.
    var check: HealthCheck?
    /// Nil where requests' failures don't count.
    var passive: PassiveHealth?
    /// The longest time until a request is answered or has failed, in nanoseconds.
    var patience: Int64
  }

  /// The change that an event has made.
  enum Change: Sendable, Equatable {
    case unhealthy(failedChecks: Int)
    case healthy(goodChecks: Int)
    /// For so many nanoseconds.
    case ejected(failures: Int, nanoseconds: Int64)
    /// The trial has failed.
    case ejectedAgain(nanoseconds: Int64)
    case readmitted
  }

  /// The degree to which a server may be used.
  enum Standing: Sendable, Equatable {
    /// As it should be; answers need not be reported.
    case well
    /// In use, with failures that the next answer wipes out.
    case suspect
    /// Left out until then; one request may try it afterwards.
    case ejected(until: MonotonicTime)
    /// Its checks fail.
    case unhealthy
  }

  private(set) var rules: Rules
  private var isPassing = true
  /// Checks in a row that spoke against ``isPassing``.
  private var contraryChecks = 0
  private var failures = 0
  private var ejection: Ejection?
  /// The last ejection's length in nanoseconds, and when it ended; for the length of the next one.
  private var lastLength: Int64 = 0
  private var lastEnd = MonotonicTime(nanoseconds: 0)

  private struct Ejection: Equatable {
    let length: Int64
    /// The time at which the next trial may begin.
    var until: MonotonicTime
    var isOnTrial = false
  }

  init(_ rules: Rules) { self.rules = rules }

  var standing: Standing {
    if !isPassing { return .unhealthy }
    if let ejection { return .ejected(until: ejection.until) }
    return failures > 0 ? .suspect : .well
  }

  /// The same server under other rules: what these don't ask about is forgotten.
  func judged(by rules: Rules) -> ServerHealth {
    var health = self
    health.rules = rules
    if rules.check == nil { health.isPassing = true }
    if rules.passive == nil {
      health.failures = 0
      health.ejection = nil
    }
    return health
  }

  /// A check has ended.
  mutating func checked(passed: Bool) -> Change? {
    guard let check = rules.check else { return nil }
    guard passed != isPassing else {
      contraryChecks = 0
      return nil
    }
    contraryChecks += 1
    guard contraryChecks >= (passed ? check.healthyAfter : check.unhealthyAfter) else { return nil }
    defer { contraryChecks = 0 }
    isPassing = passed
    guard passed else { return .unhealthy(failedChecks: contraryChecks) }
    failures = 0
    ejection = nil
    return .healthy(goodChecks: contraryChecks)
  }

  /// A request was answered, whatever the answer.
  mutating func answered(at now: MonotonicTime) -> Change? {
    failures = 0
    guard let ended = ejection else { return nil }
    ejection = nil
    lastLength = ended.length
    lastEnd = now
    return .readmitted
  }

  /// A request failed: no connection, or no answer in time.
  mutating func failed(at now: MonotonicTime) -> Change? {
    guard let passive = rules.passive else { return nil }
    if let ejection {
      guard ejection.isOnTrial else { return nil }
      return .ejectedAgain(nanoseconds: eject(for: ejection.length &* 2, at: now, passive))
    }
    failures += 1
    guard failures >= passive.failures else { return nil }
    let hasServedLong = now >= lastEnd.advanced(byNanoseconds: lastLength)
    let length = hasServedLong ? 0 : lastLength &* 2
    return .ejected(failures: failures, nanoseconds: eject(for: length, at: now, passive))
  }

  /// Lets a request try a server that was left out long enough; the next one may not before this one has reported.
  mutating func beginTrial(at now: MonotonicTime) -> Bool {
    guard isPassing, let ejection, ejection.until <= now else { return false }
    self.ejection = Ejection(
      length: ejection.length, until: now.advanced(byNanoseconds: rules.patience), isOnTrial: true)
    return true
  }

  /// A request was broken off by the server, which by itself is nothing against it: many a server just restarts.
  mutating func brokeOff(at now: MonotonicTime) -> Change? {
    ejection?.isOnTrial == true ? failed(at: now) : nil
  }

  /// A request came to nothing for reasons that aren't the server's: if it was a trial, another may follow.
  mutating func abandoned(at now: MonotonicTime) {
    guard let ejection, ejection.isOnTrial else { return }
    self.ejection = Ejection(length: ejection.length, until: now)
  }

  private mutating func eject(for length: Int64, at now: MonotonicTime, _ passive: PassiveHealth) -> Int64 {
    // Lengths stay below maxEject, so that twice one can't overflow.
    let longest = min(passive.maxEject.wholeNanoseconds, .max / 4)
    let length = min(max(length, passive.eject.wholeNanoseconds), longest)
    ejection = Ejection(length: length, until: now.advanced(byNanoseconds: length))
    return length
  }
}
