import Accounts
import Bytes
import JSON
import Observability
import Policy

/// The tokens that a login or a refresh gives, or the reason why the access token can't be signed.
struct IssuedTokens: Sendable {
  private let account: String
  private let refreshToken: String
  private let lifetime: Int
  private let signing: Signing

  private enum Signing: Sendable {
    case signed([UInt8])
    case failed(String)
  }

  init(for grant: SessionGrant, by tokens: AccountTokens, _ stamp: ChangeStamp) {
    account = grant.account.name
    refreshToken = grant.refreshToken.text
    lifetime = tokens.lifetime
    let now = Double(stamp.time) / 1000
    do {
      signing = .signed(try tokens.issue(to: grant.account, session: grant.session, now: now))
    } catch {
      signing = .failed("\(error)")
    }
  }

  func outcome(in log: ErrorLog) -> EndpointOutcome {
    switch signing {
    case .failed(let why):
      log.error("a token can't be signed: \(why)")
      return EndpointOutcome(.refusal(BodyRefusal(reason: .internalError)))
    case .signed(let token):
      let answer: JSONObject = [
        "token": .string(token.span.text), "token_type": .string("Bearer"),
        "expires_in": .number(JSONNumber(lifetime)), "refresh_token": .string(refreshToken),
      ]
      return EndpointOutcome(.object(status: 200, answer), account: .user(account))
    }
  }
}
