import Accounts
import Bytes
import JSON
import Policy
import Transport

/// `GET /sessions`, which lists the caller's sessions, and `DELETE /sessions`, which ends all but the one of the token.
package struct SessionsEndpoint: AccountEndpoint {
  package func answer(_ call: AccountCall) throws(BodyRefusal) -> EndpointStep {
    let caller = try call.caller()
    let current = caller.session.isEmpty ? nil : caller.session.text
    let (accounts, stamp, now) = (call.accounts, call.stamp, call.loop.unixTime)
    // Nobody has sessions under a name that can't be.
    guard let name = AccountName.possible(caller.user) else {
      return .done(call.request.deletes ? .empty : Self.list([], current: nil))
    }
    if call.request.deletes {
      return call.asking { () throws(AccountsError) in
        let count = try accounts.store.endSessions(.others(than: current), of: name, revokesSessionless: false, stamp)
        accounts.noteChange()
        return count
      } finish: { (_: Int?) in
        .empty
      }
    }
    return call.asking { () throws(AccountsError) in
      try accounts.store.sessions(of: name, now: now) ?? []
    } finish: {
      Self.list($0, current: current)
    }
  }

  private static func list(_ sessions: [Session], current: String?) -> EndpointOutcome {
    let elements = sessions.map { session -> JSONValue in
      let isCurrent = current.map { $0.utf8.elementsEqual(session.id.utf8) } ?? false
      return .object([
        "id": .string(session.id), "begun": .string(SessionTime.text(session.begun)),
        "last_used": .string(SessionTime.text(session.lastUsed)),
        "address": session.address.map(JSONValue.string) ?? .null,
        "user_agent": session.userAgent.map(JSONValue.string) ?? .null, "current": .bool(isCurrent),
      ])
    }
    return EndpointOutcome(.object(status: 200, ["sessions": .array(elements)]))
  }
}

/// `DELETE /sessions/ID`: ends one of the caller's sessions.
package struct SessionEndpoint: AccountEndpoint {
  package func answer(_ call: AccountCall) throws(BodyRefusal) -> EndpointStep {
    let caller = try call.caller()
    guard let name = AccountName.possible(caller.user) else { throw BodyRefusal(reason: .notFound) }
    let (accounts, stamp, id) = (call.accounts, call.stamp, call.request.lastSegment)
    return call.asking { () throws(AccountsError) in
      let session = try accounts.store.endSession(id, of: name, stamp)
      accounts.noteChange()
      return session != nil
    } finish: { isEnded in
      isEnded ? .empty : EndpointOutcome(.refusal(BodyRefusal(reason: .notFound)))
    }
  }
}

/// Times of sessions, for clients and operators.
package enum SessionTime {
  /// RFC 3339, in UTC, of a time in milliseconds since 1970.
  package static func text(_ milliseconds: Int64) -> String {
    CalendarTime(unixSeconds: Int(clamping: milliseconds / 1000)).iso8601
  }
}

extension AccountName {
  /// The name; nil for a text that can be none.
  static func possible(_ text: String) -> AccountName? {
    do throws(PolicyViolation) {
      return try AccountName(text)
    } catch {
      return nil
    }
  }
}
