import Synchronization

/// An answer that another thread gives and a task awaits, alone or beside the events of a socket.
final class PendingAnswer<Answer: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Void, Never>)
    case given(Answer)
  }

  private let state = Mutex(State.open)

  /// The answer; nil before it was given.
  var answer: Answer? {
    state.withLock { state in
      if case .given(let answer) = state { return answer }
      return nil
    }
  }

  /// Gives the answer; called once.
  func give(_ answer: Answer) {
    let task: CheckedContinuation<Void, Never>? = state.withLock { state in
      defer { state = .given(answer) }
      if case .awaited(let task) = state { return task }
      return nil
    }
    task?.resume()
  }

  /// Returns when the answer was given; for one task.
  func awaitAnswer() async {
    await withCheckedContinuation { task in
      let isGiven = state.withLock { state in
        if case .given = state { return true }
        state = .awaited(task)
        return false
      }
      if isGiven { task.resume() }
    }
  }
}
