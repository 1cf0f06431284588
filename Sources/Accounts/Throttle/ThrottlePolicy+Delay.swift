import Configuration

extension ThrottlePolicy {
  static let second: Int64 = 1_000_000_000

  /// The delay that the failure starts, the first being number 1: a second, then twice the one before.
  func delay(_ number: Int) -> Int64 {
    let doublings = max(0, number - 1)
    return doublings >= 33 ? maximumDelay : min(Self.second << Int64(doublings), maximumDelay)
  }
}
