/// Tokens that are refused although they have not expired.
package struct Revocation: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    /// Those of a session of the accounts.
    case session(String)
    /// Those of a user of the accounts that have no session.
    case user(String)
    /// All those of a user of another issuer.
    case foreignUser(issuer: String, subject: String)
  }

  /// Grows with each revocation.
  package let number: Int64
  package let subject: Subject
  /// The time of the revocation, in milliseconds since 1970: tokens of a user that were issued later are good.
  package let moment: Int64
  /// The time at which the last of the tokens has expired, in milliseconds since 1970; nil if that is not known.
  package let expires: Int64?
}

extension AccountStore {
  /// Revokes the tokens of a user of another issuer that were issued before now.
  ///
  /// - Parameter lifetime: for how long the issuer's tokens are good at most, in seconds; nil if that is not known.
  /// - Throws: ``AccountsError``.
  package func revokeTokens(
    ofIssuer issuer: String, subject: String, lifetime: Double?, _ stamp: ChangeStamp
  ) throws(AccountsError) {
    let expires = lifetime.map { UnixMilliseconds.after(stamp.time, UnixMilliseconds.from(seconds: $0)) }
    try withDatabase { database throws(AccountsError) in
      try database.revoke(
        .foreignUser(issuer: issuer, subject: subject), expires: expires,
        as: AccountEvent.Draft(.sessionEnded, user: subject), stamp)
    }
  }

  /// The moment before which tokens of the user are refused that have no session, in seconds since 1970; nil if none are.
  ///
  /// - Throws: ``AccountsError``.
  package func sessionlessRevocation(of account: Account) throws(AccountsError) -> Double? {
    try withDatabase { database throws(AccountsError) in try database.sessionlessRevocation(of: account.name) }
      .map { Double($0) / 1000 }
  }
}

/// Reads what is revoked, bit by bit, over a connection of its own: nobody who writes keeps it waiting.
///
/// For one thread at a time.
package final class RevocationReader {
  private let database: any AccountDatabase
  /// The number of the last revocation that was read.
  private var last: Int64 = 0

  private static let pageSize = 10_000

  /// - Throws: ``AccountsError``.
  package init(path: String) throws(AccountsError) { database = try SQLiteDatabase(path: path, busyTimeout: 1000) }

  /// The revocations since the last call; all of them at the first.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Throws: ``AccountsError``.
  package func readNew(now: Double) throws(AccountsError) -> [Revocation] {
    var all: [Revocation] = []
    while true {
      let page = try database.revocations(
        after: last, limit: Self.pageSize, at: UnixMilliseconds.from(seconds: now))
      all += page
      if let number = page.last?.number { last = number }
      if page.count < Self.pageSize { return all }
    }
  }
}
