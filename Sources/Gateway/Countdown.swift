import Synchronization

/// Counts workers down; for any thread.
final class Countdown: Sendable {
  private let remaining: Atomic<Int>

  init(from count: Int) { remaining = Atomic(count) }

  /// One less; whether that was the last.
  func count() -> Bool { remaining.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }

  var isZero: Bool { remaining.load(ordering: .acquiring) == 0 }
}
