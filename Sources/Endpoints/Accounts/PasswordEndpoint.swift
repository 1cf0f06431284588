import Accounts
import Bytes
import Configuration
import Policy

/// `POST /password`: another password for who knows the current one; all other sessions end.
package struct PasswordEndpoint: AccountEndpoint {
  private let current: String
  private let new: String

  init(_ body: [UInt8]) throws(BodyRefusal) {
    let body = try HostedBody(body.span)
    current = try body.string("current")
    new = try body.string("new")
  }

  package func answer(_ call: AccountCall) throws(BodyRefusal) -> EndpointStep {
    let caller = try call.caller()
    let accounts = call.accounts
    let password: NewPassword
    do throws(PolicyViolation) {
      password = try accounts.passwordPolicy.accept(Password(new))
    } catch {
      throw BodyRefusal(reason: .invalidBody, details: "\(error)")
    }
    let user = caller.user
    let session = caller.session.isEmpty ? nil : caller.session.text
    let attempt = try PendingAttempt(user, call)
    let (current, policy, stamp) = (Password(current), accounts.passwordPolicy, call.stamp)
    let breached = accounts.breached
    return call.hashing(as: .login, of: .sessions) { () throws(AccountsError) -> Outcome in
      if try breached?.contains(password) == true { return .breached }
      let outcome = try accounts.store.changePassword(
        of: user, from: current, to: password, policy: policy, sparing: session, stamp)
      accounts.noteChange()
      return .judged(outcome)
    } settle: { result in
      switch result {
      case .judged(.success)?: attempt.settle(.succeeded)
      case .judged(.refused)?: attempt.settle(.failed)
      case .breached?, nil: attempt.settle(.abandoned)
      }
    } finish: { outcome in
      switch outcome {
      case .judged(.success): .empty
      case .judged(.refused): EndpointOutcome(.refusal(BodyRefusal(reason: .currentInvalid)))
      case .breached: EndpointOutcome(.refusal(BodyRefusal(reason: .passwordBreached)))
      }
    }
  }

  private enum Outcome: Sendable {
    case judged(Authentication)
    /// The new password is a stolen one.
    case breached
  }
}
