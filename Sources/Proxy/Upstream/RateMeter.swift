import Transport

/// The time for which a peer may keep the gateway waiting for bytes: a grace, and the time that its bytes so far have earned at
/// the least rate allowed.
///
/// Only the time in which we wait for the peer counts. So a body may take as long as it takes if it keeps coming, and a peer that
/// drips one byte a minute is found out (slow body and slow read attacks).
struct RateMeter {
  /// Bytes per second; 0 asks for none.
  let bytesPerSecond: Int
  /// In nanoseconds.
  let grace: Int64
  private var earned: Int64
  private var waited: Int64 = 0
  private var waitBegan: Int64 = 0

  init(bytesPerSecond: Int, grace: Int64) {
    self.bytesPerSecond = bytesPerSecond
    self.grace = grace
    earned = grace
  }

  /// Credits bytes that came or went.
  mutating func credit(_ bytes: Int) {
    guard bytesPerSecond > 0 else { return }
    // A second's worth of bytes is a second; what would overflow is beyond the bound below in any case.
    let (scaled, overflow) = Int64(bytes).multipliedReportingOverflow(by: 1_000_000_000)
    earned += overflow ? 6 * grace : min(6 * grace, scaled / Int64(bytesPerSecond))
    // What was earned in bulk long ago is no leave to stall for hours now.
    earned = min(earned, waited + 6 * grace)
  }

  /// A wait for the peer begins: until when it may last.
  mutating func beginWait(at now: MonotonicTime) -> MonotonicTime {
    waitBegan = now.nanoseconds
    guard bytesPerSecond > 0 else { return now.advanced(byNanoseconds: 6 * grace) }
    return now.advanced(byNanoseconds: max(0, earned - waited))
  }

  mutating func endWait(at now: MonotonicTime) { waited += now.nanoseconds - waitBegan }
}
