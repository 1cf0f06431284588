import Accounts
import Bytes
import Policy

/// `POST /logout`: ends the session of the token.
package struct LogoutEndpoint: AccountEndpoint {
  /// - Parameter body: empty, or an object in which nothing is looked at.
  init(_ body: [UInt8]) throws(BodyRefusal) {
    if !body.isEmpty { _ = try HostedBody(body.span) }
  }

  package func answer(_ call: AccountCall) throws(BodyRefusal) -> EndpointStep {
    let caller = try call.caller()
    guard !caller.session.isEmpty else { throw BodyRefusal(reason: .sessionMissing) }
    let (session, user, expires) = (caller.session.text, caller.user, caller.expiresAt)
    let (accounts, stamp) = (call.accounts, call.stamp)
    return call.asking { () throws(AccountsError) in
      let isEnded = try accounts.store.logOut(session, of: user, tokenExpires: expires, stamp)
      if isEnded { accounts.noteChange() }
      return isEnded
    } finish: { isEnded in
      isEnded ? .empty : EndpointOutcome(.refusal(BodyRefusal(reason: .sessionMissing)))
    }
  }
}
