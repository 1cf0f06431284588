import Accounts
import Policy
import Synchronization
import Transport

/// A login, or another use of a password, that was admitted and is not settled yet.
final class PendingAttempt: Sendable {
  private let attempt: Mutex<LoginAttempt?>
  private let loop: EventLoop

  enum Outcome: Sendable {
    case succeeded
    case failed
    /// The password was not judged.
    case abandoned
  }

  /// Asks the throttle to admit the attempt.
  ///
  /// - Throws: the refusal, while logins of that name from that network are delayed.
  init(_ name: String, _ call: AccountCall) throws(BodyRefusal) {
    loop = call.loop
    switch call.accounts.throttle.admit(name, from: call.request.network, now: call.loop.now.nanoseconds) {
    case .delayed(let seconds): throw BodyRefusal(reason: .loginThrottled, retryAfter: seconds)
    case .admitted(let attempt): self.attempt = Mutex(attempt)
    }
  }

  func settle(_ outcome: Outcome) {
    guard let attempt = attempt.withLock({ $0.take() }) else { return }
    let now = loop.now.nanoseconds
    switch outcome {
    case .succeeded: attempt.succeed(now: now)
    case .failed: attempt.fail(now: now)
    case .abandoned: attempt.abandon(now: now)
    }
  }
}
