internal import CSystem
import Glibc

/// A moment on the machine's monotonic clock, in nanoseconds: what deadlines are made of.
///
/// It doesn't jump when somebody sets the clock.
@usableFromInline
package struct MonotonicTime: Comparable, Hashable, Sendable {
  package let nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// A moment that never comes: no deadline.
  package static let never = MonotonicTime(nanoseconds: .max)

  /// Reads the clock.
  package static func current() -> MonotonicTime {
    MonotonicTime(nanoseconds: csystem_nanoseconds(CLOCK_MONOTONIC))
  }

  @usableFromInline package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// The moment that many nanoseconds later, at most ``never``.
  package func advanced(byNanoseconds delta: Int64) -> MonotonicTime {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(delta)
    return overflow ? .never : MonotonicTime(nanoseconds: sum)
  }

  package func advanced(by duration: Duration) -> MonotonicTime { advanced(byNanoseconds: duration.wholeNanoseconds) }
}

/// Seconds since 1970 as the machine's clock has them now, with a fraction: what tokens and log lines are judged and stamped by.
package func currentUnixTime() -> Double { Double(csystem_nanoseconds(CLOCK_REALTIME)) / 1e9 }

extension Duration {
  /// The duration in nanoseconds, at most what 64 bits hold (292 years).
  package var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return carried ? .max : sum
  }
}
