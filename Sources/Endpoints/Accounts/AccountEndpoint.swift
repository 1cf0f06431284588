import Accounts
package import Observability
package import Policy

/// A request to one of the endpoints of the accounts, read and ready to be answered.
package protocol AccountEndpoint {
  /// The account that the request names without having proven to be its user, for the log.
  var account: ExchangeRecord.AccountMention? { get }

  /// Answers the request, or has the accounts' threads work for it.
  ///
  /// - Throws: the reason why it is refused before any work.
  func answer(_ call: AccountCall) throws(BodyRefusal) -> EndpointStep
}

extension AccountEndpoint {
  package var account: ExchangeRecord.AccountMention? { nil }
}

/// The endpoints of the accounts by what requests ask for.
package enum AccountEndpoints {
  /// The endpoint with what the body says; nil for one that is none of the accounts'.
  ///
  /// - Throws: what is wrong with the body, in words.
  package static func endpoint(
    _ endpoint: HostedEndpoint, body: [UInt8]
  ) throws(BodyRefusal) -> (any AccountEndpoint)? {
    switch endpoint {
    case .register: return try RegisterEndpoint(body)
    case .login: return try LoginEndpoint(body)
    case .refresh: return try RefreshEndpoint(body)
    case .logout: return try LogoutEndpoint(body)
    case .password: return try PasswordEndpoint(body)
    case .sessions: return SessionsEndpoint()
    case .session: return SessionEndpoint()
    case .me, .keySet, .discovery: return nil
    }
  }
}

extension AccountName {
  /// True if an account may have the name.
  package static func isPossible(_ text: String) -> Bool {
    do throws(PolicyViolation) {
      _ = try AccountName(text)
      return true
    } catch {
      return false
    }
  }
}
