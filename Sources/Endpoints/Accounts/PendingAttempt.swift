import Accounts
import Policy
import Synchronization
import Transport

/// A login, or another use of a password, that was admitted and is not settled yet.
final class PendingAttempt: Sendable {
  private let attempt: Mutex<LoginAttempt?>
  private let loop: EventLoop
  private let accounts: AccountService
  /// The name, if an account may have it.
  private let name: String?
  private let stamp: ChangeStamp

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
    accounts = call.accounts
    self.name = AccountName.isPossible(name) ? name : nil
    stamp = call.stamp
    switch call.accounts.throttle.admit(name, from: call.request.network, now: call.loop.now.nanoseconds) {
    case .delayed(let seconds, let isFirst):
      if isFirst { accounts.noteLater(AccountEvent.Draft(.loginThrottled, user: self.name), stamp) }
      throw BodyRefusal(reason: .loginThrottled, retryAfter: seconds)
    case .admitted(let attempt): self.attempt = Mutex(attempt)
    }
  }

  func settle(_ outcome: Outcome) {
    guard let attempt = attempt.withLock({ $0.take() }) else { return }
    let now = loop.now.nanoseconds
    switch outcome {
    case .succeeded:
      attempt.succeed(now: now)
      accounts.noteChange()
    case .failed:
      attempt.fail(now: now)
      accounts.noteLater(AccountEvent.Draft(.loginFailed, user: name), stamp)
    case .abandoned: attempt.abandon(now: now)
    }
  }
}
