import Synchronization
import Transport

/// Keeps trouble of one kind from having a line written each time.
///
/// A failure is logged when it begins and, while it goes on, once a minute with the number of failures in between.
/// For any thread.
final class FailureLog: Sendable {
  /// In nanoseconds.
  private static let pause: Int64 = 60_000_000_000
  /// The number of kinds that are told apart; there are fewer.
  private static let kindsMax = 16

  private let kinds = Mutex<[Kind]>([])

  private struct Kind {
    let name: String
    var opens: MonotonicTime
    var unsaid = 0
  }

  /// Counts a failure.
  ///
  /// - Parameter kind: a text that is the same for failures of one kind.
  /// - Returns: nil if nothing is to be said, otherwise how many of the kind have happened in silence.
  func note(_ kind: String, at now: MonotonicTime) -> Int? {
    kinds.withLock { kinds in
      let opens = now.advanced(byNanoseconds: Self.pause)
      guard let place = kinds.firstIndex(where: { $0.name == kind }) else {
        if kinds.count == Self.kindsMax { kinds.removeFirst() }
        kinds.append(Kind(name: kind, opens: opens))
        return 0
      }
      guard now >= kinds[place].opens else {
        kinds[place].unsaid += 1
        return nil
      }
      defer { kinds[place] = Kind(name: kind, opens: opens) }
      return kinds[place].unsaid
    }
  }
}
