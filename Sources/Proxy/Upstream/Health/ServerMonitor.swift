import Synchronization
import Transport

/// A server's health as all threads share it: changed under a lock, read without one.
///
/// For any thread.
final class ServerMonitor: Sendable {
  private let health: Mutex<ServerHealth>
  /// The standing of ``health``, for those who only look.
  private let published: Atomic<Int64>

  init(_ health: ServerHealth) {
    self.health = Mutex(health)
    published = Atomic(health.standing.word)
  }

  /// One load.
  var standing: ServerHealth.Standing { ServerHealth.Standing(word: published.load(ordering: .relaxed)) }

  /// A copy to go on with elsewhere.
  var value: ServerHealth { health.withLock { $0 } }

  /// Lets something happen to the server.
  ///
  /// - Parameter wellBefore: is told whether it was well before and is well now, under the lock.
  func update<Result: Sendable>(
    _ event: (inout ServerHealth) -> Result, wellness: (_ before: Bool, _ after: Bool) -> Void
  ) -> Result {
    health.withLock { health in
      let before = health.standing == .well
      let result = event(&health)
      let standing = health.standing
      published.store(standing.word, ordering: .relaxed)
      wellness(before, standing == .well)
      return result
    }
  }
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
