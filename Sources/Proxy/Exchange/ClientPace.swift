import Transport

/// Judges whether a client sends and takes bytes fast enough, over the waits of an exchange.
///
/// The kernel says that there is room only when much of its buffer has drained; bytes that have drained count all the same.
struct ClientPace {
  private let fresh: RateMeter
  private var meter: RateMeter
  private var isWaiting = false
  /// The bytes that the kernel held for the client when the wait for room began; nil while the client is not waited for to read.
  private var unsent: Int?

  init(_ timeouts: Timeouts) {
    fresh = RateMeter(bytesPerSecond: timeouts.bodyRate, grace: timeouts.head)
    meter = fresh
  }

  /// Begins anew: another message.
  mutating func reset() {
    meter = fresh
    isWaiting = false
    unsent = nil
  }

  mutating func credit(_ bytes: UInt64) { if bytes > 0 { meter.credit(Int(clamping: bytes)) } }

  /// A wait for the client begins.
  ///
  /// - Parameter unsentCount: the bytes that the kernel holds for it, where it is to read.
  /// - Returns: the moment until which the wait may last.
  mutating func beginWait(at now: MonotonicTime, unsentCount: Int? = nil) -> MonotonicTime {
    isWaiting = true
    unsent = unsentCount
    return meter.beginWait(at: now)
  }

  /// The wait has ended, if there was one.
  mutating func endWait(at now: MonotonicTime) {
    guard isWaiting else { return }
    isWaiting = false
    meter.endWait(at: now)
  }

  /// True if a client whose time to read was over has taken something in that time.
  mutating func hasDrained(to unsentCount: Int) -> Bool {
    guard let before = unsent else { return false }
    unsent = nil
    let drained = max(0, before - unsentCount)
    meter.credit(drained)
    return drained > 0
  }
}
