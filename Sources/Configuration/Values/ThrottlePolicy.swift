/// The number of failed logins that are free, and the delays after them (`throttle`).
package struct ThrottlePolicy: Sendable, Hashable {
  /// The number of failures of an account from a network within ``window`` that are free; the next starts a delay.
  package let failures: Int
  /// The number of failures of a network over all accounts within ``window`` that start a delay for it: ten times ``failures``.
  package let networkFailures: Int
  /// The time within which failures count, in nanoseconds.
  package let window: Int64
  /// The longest delay, in nanoseconds; the first is a second.
  package let maximumDelay: Int64

  /// The most failures that can be configured.
  package static let failuresLimit = 1000

  /// - Parameters:
  ///   - failures: from 1 to ``failuresLimit``; others are brought into that range; default 10.
  ///   - window: at least a second; less is raised to that; default 15 min.
  ///   - maximumDelay: at least a second; less is raised to that; default 15 min.
  package init(failures: Int? = nil, window: Duration? = nil, maximumDelay: Duration? = nil) {
    self.failures = min(max(failures ?? 10, 1), Self.failuresLimit)
    networkFailures = 10 * self.failures
    self.window = max(Self.second, Self.nanoseconds(window ?? .seconds(900)))
    self.maximumDelay = max(Self.second, Self.nanoseconds(maximumDelay ?? .seconds(900)))
  }

  private static let second: Int64 = 1_000_000_000

  /// At most ten years, which leaves room for sums.
  private static func nanoseconds(_ duration: Duration) -> Int64 {
    min(max(duration.components.seconds, 0), 315_360_000) * second + duration.components.attoseconds / 1_000_000_000
  }
}
