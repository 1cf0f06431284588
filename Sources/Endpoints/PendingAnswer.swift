import Synchronization

/// An answer that another thread gives, once.
final class PendingAnswer<Answer: Sendable>: Sendable {
  private let state = Mutex<Answer?>(nil)

  /// The answer; nil before it was given.
  var answer: Answer? { state.withLock { $0 } }

  /// Gives the answer; called once.
  func give(_ answer: Answer) { state.withLock { $0 = answer } }
}
