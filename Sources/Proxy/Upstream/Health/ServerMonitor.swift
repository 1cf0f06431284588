import Synchronization
import Transport

/// An endpoint's health as all threads share it: changed under a lock, read without one.
///
/// For any thread.
final class ServerMonitor: Sendable {
  private let state: Mutex<State>
  /// The standing of the health, for those who only look.
  private let published: Atomic<Int64>
  private let troubled: TroubleCount

  private struct State {
    var health: ServerHealth
    /// True while the endpoint is one of the upstream's, so that its trouble counts.
    var isCounted = true
  }

  /// - Parameter troubled: counts it while it is not well.
  init(_ health: ServerHealth, among troubled: TroubleCount) {
    state = Mutex(State(health: health))
    published = Atomic(health.standing.word)
    self.troubled = troubled
    if health.standing != .well { troubled.add(1) }
  }

  /// One load.
  var standing: ServerHealth.Standing { ServerHealth.Standing(word: published.load(ordering: .relaxed)) }

  /// A copy to go on with elsewhere.
  var value: ServerHealth { state.withLock { $0.health } }

  func checked(passed: Bool) -> ServerHealth.Change? { update { $0.checked(passed: passed) } }

  /// Lets something happen to the endpoint.
  func update<Result: Sendable>(_ event: (inout ServerHealth) -> Result) -> Result {
    state.withLock { state in
      let before = state.health.standing == .well
      let result = event(&state.health)
      let standing = state.health.standing
      published.store(standing.word, ordering: .relaxed)
      let after = standing == .well
      if state.isCounted, before != after { troubled.add(after ? -1 : 1) }
      return result
    }
  }

  /// The endpoint is gone: whatever is still reported of it counts for nothing.
  func retire() {
    state.withLock { state in
      if state.isCounted, state.health.standing != .well { troubled.add(-1) }
      state.isCounted = false
    }
  }
}

/// Counts the endpoints of an upstream that aren't ``ServerHealth/Standing/well``.
///
/// For any thread.
final class TroubleCount: Sendable {
  private let count = Atomic<Int>(0)

  /// One load.
  var isZero: Bool { count.load(ordering: .relaxed) == 0 }

  func add(_ difference: Int) { count.add(difference, ordering: .relaxed) }
}

extension ServerHealth.Standing {
  /// In one word: small numbers for the cases, a moment for itself.
  fileprivate var word: Int64 {
    switch self {
    case .well: 0
    case .suspect: 1
    case .unhealthy: 2
    case .ejected(let until): max(3, until.nanoseconds)
    }
  }

  fileprivate init(word: Int64) {
    self =
      switch word {
      case ...0: .well
      case 1: .suspect
      case 2: .unhealthy
      case let nanoseconds: .ejected(until: MonotonicTime(nanoseconds: nanoseconds))
      }
  }
}
