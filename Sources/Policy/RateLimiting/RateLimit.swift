package import Configuration

/// A limit of requests, as the generic cell rate algorithm (GCRA, ITU-T I.371) has it: one each interval on average, and so many at
/// once.
///
/// A value without a clock: times are nanoseconds of one monotonic clock. All that is kept of a caller is the time from which its allowance
/// is whole again.
package struct RateLimit: Sendable, Hashable {
  /// The number of requests in the period, as it was configured.
  package let requests: Int
  private let interval: Int64
  /// The time by which that of a caller may lie ahead when a request is admitted.
  private let tolerance: Int64

  package init(_ configuration: RateLimitConfiguration) {
    requests = max(1, configuration.requests)
    let (seconds, attoseconds) = configuration.period.components
    let period = min(max(0, seconds), 315_360_000) * 1_000_000_000 + attoseconds / 1_000_000_000
    let count = Int64(min(requests, 1_000_000_000))
    interval = max(1, (period + count - 1) / count)
    let (whole, overflow) = interval.multipliedReportingOverflow(by: Int64(max(1, configuration.burst)) - 1)
    tolerance = overflow || whole > Self.longest ? Self.longest : whole
  }

  /// Room for sums of times.
  private static let longest: Int64 = 1 << 61

  /// The outcome of a request.
  package enum Outcome: Equatable {
    /// It may pass; the caller's allowance is whole again from that time on.
    case admitted(whole: Int64)
    /// One may pass after so many nanoseconds.
    case refused(wait: Int64)
  }

  /// Judges a request.
  ///
  /// - Parameter whole: what the last admitted one has given; nil if there is none.
  package func judge(whole: Int64?, now: Int64) -> Outcome {
    let time = max(whole ?? now, now)
    guard time - tolerance <= now else { return .refused(wait: time - tolerance - now) }
    return .admitted(whole: time + interval)
  }
}
