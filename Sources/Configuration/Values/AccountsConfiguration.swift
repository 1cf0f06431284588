package import JSON
package import Tokens

/// `accounts`: the users that the gateway itself keeps, and the tokens that it issues to them.
package struct AccountsConfiguration: Sendable {
  /// The place of the object in the file, for errors about it as a whole.
  package var location: SourceLocation
  /// The SQLite database (`store` without its `sqlite:`), resolved against the configuration's folder; created if missing.
  package var store: Located<String>
  /// The people who may register; default `open`.
  package var registration: AccountRegistration = .open
  /// The `iss` of the tokens, which is none of ``AuthConfiguration/issuers``; nil (the default) issues none, and asks for none.
  package var issuer: Located<String>?
  /// The `aud` of the tokens, one of which must be there in a token; empty (the default) issues none, and refuses a token with one.
  package var audience: [String] = []
  package var signing: AccountSigning
  /// The lifetime of a token, in whole seconds; default 1 h.
  package var accessTokenTTL: Duration = .seconds(3600)
  /// The time for which a session goes on after each use, in whole seconds; default 30 d.
  package var refreshTokenTTL: Duration = .seconds(30 * 86_400)
  /// The time within which a spent refresh token repeats its answer; default 10 s.
  package var refreshGrace: Duration = .seconds(10)
  /// The time for which a session goes on at most, in whole seconds; default 90 d.
  package var sessionMaxTTL: Duration = .seconds(90 * 86_400)
  /// The number of sessions that a user may have; default 100.
  package var maxSessions = 100
  package var password = PasswordPolicy()
  /// The file of the SHA-1 hashes of stolen passwords (`password.breached`); nil for none.
  package var breachedPasswords: Located<String>?
  /// The limit of requests to `/register`; nil for none.
  package var registrationLimit: RateLimitConfiguration?
  /// The place that events are written to (`audit`); nil for none.
  package var audit: LogDestination?
  /// The roles of a user who registers; no word twice; default none.
  package var defaultRoles: [String] = []
  /// The delays that failed logins lead to; nil for none (`false`).
  package var throttle: ThrottlePolicy? = ThrottlePolicy()
  package var paths = HostedPaths()

  package init(location: SourceLocation, store: Located<String>, signing: AccountSigning) {
    self.location = location
    self.store = store
    self.signing = signing
  }
}

/// The people who may register (`registration`).
package enum AccountRegistration: String, Sendable, Hashable, CaseIterable {
  /// Anybody.
  case open
  /// Nobody: accounts come from the command line.
  case closed
  /// Those who have an invite.
  case invite
}

/// The key that the gateway signs with (`signing`): a secret for an HMAC, or the keys of a directory for any other algorithm.
package enum AccountSigning: Sendable {
  /// The file of the secret, resolved against the configuration's folder; the gateway makes one if it is missing.
  case secretFile(Located<String>, SignatureAlgorithm)
  /// The directory of the key pairs; the gateway makes it if it is missing.
  case keyDirectory(KeyDirectoryConfiguration)
}

/// The paths of the hosted endpoints (`paths`): canonical, all different; no route is `exact` on one.
///
/// Nil stands for one that is not hosted.
package struct HostedPaths: Sendable, Equatable {
  package var register: String? = "/register"
  package var login: String? = "/login"
  package var refresh: String? = "/refresh"
  package var logout: String? = "/logout"
  package var password: String? = "/password"
  /// Below it are the sessions, each by its id.
  package var sessions: String? = "/sessions"
  package var me: String? = "/me"

  package init() {}

  /// Each that there is, with the name of its key.
  package var all: [(key: String, path: String)] {
    let paths = [
      ("register", register), ("login", login), ("refresh", refresh), ("logout", logout), ("password", password),
      ("sessions", sessions), ("me", me),
    ]
    return paths.compactMap { key, path in path.map { (key, $0) } }
  }
}
