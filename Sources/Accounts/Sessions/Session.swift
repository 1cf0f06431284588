/// A session of a user: it begins with a login, goes on with each refresh, and ends by itself or because somebody ends it.
package struct Session: Sendable, Hashable {
  /// The `sid` of its tokens.
  package let id: String
  /// The user's name as it was registered.
  package let user: String
  /// Milliseconds since 1970.
  package let begun: Int64
  /// The time of the login or of the last refresh, in milliseconds since 1970.
  package let lastUsed: Int64
  /// The time at which it ends by itself, in milliseconds since 1970.
  package let expires: Int64
  /// The client's address at that time; nil if it was not known.
  package let address: String?
  package let userAgent: String?
}

/// The rules of sessions, in milliseconds.
package struct SessionPolicy: Sendable, Hashable {
  /// The time for which a session goes on after each use.
  package let refreshLifetime: Int64
  /// The time within which a spent refresh token repeats its answer.
  package let grace: Int64
  /// The time for which a session goes on at most.
  package let maximumLifetime: Int64
  /// The number of sessions that a user may have.
  package let countMax: Int
  /// The time for which an access token may be accepted after it was issued: its revocation is kept for that long.
  package let accessLifetime: Int64

  package init(
    refreshLifetime: Duration, grace: Duration, maximumLifetime: Duration, countMax: Int, accessLifetime: Duration
  ) {
    self.refreshLifetime = Self.milliseconds(refreshLifetime)
    self.grace = Self.milliseconds(grace)
    self.maximumLifetime = Self.milliseconds(maximumLifetime)
    self.countMax = max(1, countMax)
    self.accessLifetime = Self.milliseconds(accessLifetime)
  }

  private static func milliseconds(_ duration: Duration) -> Int64 {
    UnixMilliseconds.from(
      seconds: Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18)
  }

  /// The same as ``grace``, in seconds.
  package var graceSeconds: Double { Double(grace) / 1000 }

  /// The end of a session that is used at a time.
  func end(begun: Int64, used: Int64) -> Int64 {
    min(UnixMilliseconds.after(used, refreshLifetime), UnixMilliseconds.after(begun, maximumLifetime))
  }
}

/// The result of a login or a refresh: a session of an account, and its refresh token.
package struct SessionGrant: Sendable {
  package let account: Account
  /// The `sid` of the access token.
  package let session: String
  package let refreshToken: RefreshToken
}

/// The outcome of presenting a refresh token.
package enum RefreshOutcome: Sendable {
  case granted(SessionGrant)
  /// It was spent before, and its session has ended now.
  case reused(user: String)
  /// It is unknown, or its session has ended.
  case refused
}

/// A session that is to begin.
struct NewSession {
  let id: String
  let account: Account
  /// The hash of its first refresh token.
  let tokenHash: [UInt8]
}

/// The use of a refresh token: the one that is presented and the one that would take its place.
struct TokenRotation {
  let presentedHash: [UInt8]
  let successorHash: [UInt8]
  /// The successor under a key that only the presented token gives.
  let sealedSuccessor: [UInt8]

  enum Outcome {
    /// The successor is good from now on.
    case rotated(Account, session: String)
    /// The presented token was spent just before: for a successor that comes sealed.
    case repeated(Account, session: String, sealedSuccessor: [UInt8])
    case reused(user: String)
    case refused
  }
}
