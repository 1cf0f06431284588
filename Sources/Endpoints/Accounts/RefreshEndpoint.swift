import Accounts
import Observability
import Policy

/// `POST /refresh`: other tokens for a refresh token, which is spent.
package struct RefreshEndpoint: AccountEndpoint {
  /// Nil for a text that can be no refresh token.
  private let token: RefreshToken?

  private enum Outcome: Sendable {
    case issued(IssuedTokens)
    case reused(user: String)
    case refused
  }

  init(_ body: [UInt8]) throws(BodyRefusal) {
    token = RefreshToken(try HostedBody(body.span).string("refresh_token"))
  }

  package func answer(_ call: AccountCall) throws(BodyRefusal) -> EndpointStep {
    guard let token else { throw BodyRefusal(reason: .refreshInvalid) }
    let accounts = call.accounts
    let (store, policy, tokens, stamp) = (accounts.store, accounts.sessionPolicy, accounts.tokens, call.stamp)
    let log = call.log
    return call.asking { () throws(AccountsError) -> Outcome in
      switch try store.refresh(token, policy, stamp) {
      case .granted(let grant): return .issued(IssuedTokens(for: grant, by: tokens, stamp))
      case .reused(let user):
        accounts.noteChange()
        return .reused(user: user)
      case .refused: return .refused
      }
    } finish: { outcome in
      switch outcome {
      case .issued(let tokens): tokens.outcome(in: log)
      case .reused(let user):
        EndpointOutcome(.refusal(BodyRefusal(reason: .tokenReused)), account: .user(user))
      case .refused: EndpointOutcome(.refusal(BodyRefusal(reason: .refreshInvalid)))
      }
    }
  }
}
