import Accounts
import Configuration
package import Observability
import Policy
import Synchronization

/// `POST /login`: tokens for a name and a password, unless too many have been tried.
package struct LoginEndpoint: AccountEndpoint {
  private let credentials: Credentials

  init(_ body: [UInt8]) throws(BodyRefusal) { credentials = try Credentials(body.span) }

  /// A text that can't be a name may well be a password in the wrong place: it is not written down.
  package var account: ExchangeRecord.AccountMention? {
    AccountName.isPossible(credentials.username) ? .login(credentials.username) : nil
  }

  package func answer(_ call: AccountCall) throws(BodyRefusal) -> EndpointStep {
    let (username, password) = (credentials.username, Password(credentials.password))
    let accounts = call.accounts
    let attempt = try PendingAttempt(username, call)
    let (store, policy, sessions, tokens) = (
      accounts.store, accounts.passwordPolicy, accounts.sessionPolicy, accounts.tokens
    )
    let stamp = call.stamp
    return call.hashing(as: .login, of: .logins) { () throws(AccountsError) -> IssuedTokens? in
      guard case .success(let account) = try store.authenticate(username, password: password, policy: policy),
        let grant = try store.beginSession(of: account, sessions, stamp)
      else { return nil }
      accounts.noteChange()
      // Signed here, too: with some keys that takes as long as many requests.
      return IssuedTokens(for: grant, by: tokens, stamp)
    } settle: { result in
      attempt.settle(result.map { $0 == nil ? .failed : .succeeded } ?? .abandoned)
    } finish: { issued in
      issued?.outcome(in: call.log) ?? EndpointOutcome(.refusal(BodyRefusal(reason: .credentialsInvalid)))
    }
  }
}
