/// The number of failed logins that are free, and the delays after them.
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
  ///   - failures: from 1 to ``failuresLimit``; others are brought into that range.
  ///   - maximumDelay: at least a second; less is raised to that.
  package init(failures: Int = 10, window: Duration = .seconds(900), maximumDelay: Duration = .seconds(900)) {
    self.failures = min(max(failures, 1), Self.failuresLimit)
    networkFailures = 10 * self.failures
    self.window = max(Self.second, Self.nanoseconds(window))
    self.maximumDelay = max(Self.second, Self.nanoseconds(maximumDelay))
  }

  static let second: Int64 = 1_000_000_000

  /// The delay that the failure starts, the first being number 1: a second, then twice the one before.
  func delay(_ number: Int) -> Int64 {
    let doublings = max(0, number - 1)
    return doublings >= 33 ? maximumDelay : min(Self.second << Int64(doublings), maximumDelay)
  }

  /// At most ten years, which leaves room for sums.
  private static func nanoseconds(_ duration: Duration) -> Int64 {
    min(max(duration.components.seconds, 0), 315_360_000) * second + duration.components.attoseconds / 1_000_000_000
  }
}
