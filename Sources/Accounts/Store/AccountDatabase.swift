/// A keeper of the accounts: every method is one step, which happens whole and is durable when it returns, or does not happen.
///
/// ``SQLiteDatabase`` is the one there is. A value is used by one thread at a time; several processes may have the same database open.
/// Keys are names in lower case, times milliseconds since 1970.
protocol AccountDatabase: AnyObject {
  // MARK: Accounts

  func find(_ key: String) throws(AccountsError) -> AccountRow?

  /// The accounts with the next keys, without their claims.
  func list(after key: String, limit: Int) throws(AccountsError) -> [Account]

  /// Makes an account, for which an invite is used up if there is one.
  func insert(_ account: NewAccount, _ stamp: ChangeStamp) throws(AccountsError) -> Registration

  /// Sets the password, ends the sessions that are named, and revokes the user's tokens without a session if asked to; nil if there is
  /// no such account.
  func setPassword(
    _ key: String, to hash: String, ending sessions: SessionSelection, revokesSessionless: Bool, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Account?

  /// Puts another hash of the same password in the place of one, unless that has changed.
  func replaceHash(of row: AccountRow, with hash: String) throws(AccountsError)

  /// Disables or enables the account; disabling ends the user's sessions and revokes his other tokens.
  func setDisabled(_ key: String, _ isDisabled: Bool, _ stamp: ChangeStamp) throws(AccountsError) -> AccountChange

  /// Removes the account and all that belongs to it, and revokes its tokens; false if there is none.
  func delete(_ key: String, _ stamp: ChangeStamp) throws(AccountsError) -> Bool

  func setRole(_ key: String, _ role: RoleName, isGranted: Bool, _ stamp: ChangeStamp) throws(AccountsError)
    -> AccountChange

  func setScope(_ key: String, _ scope: String, _ stamp: ChangeStamp) throws(AccountsError) -> AccountChange

  /// Sets a claim to a JSON text; nil removes it.
  func setClaim(_ key: String, _ name: String, to json: String?, _ stamp: ChangeStamp) throws(AccountsError)
    -> AccountChange

  // MARK: Sessions

  /// Begins a session, unless the account has changed in a way that ends sessions; beyond the limit the least recently used ones end.
  func beginSession(_ session: NewSession, _ policy: SessionPolicy, _ stamp: ChangeStamp) throws(AccountsError) -> Bool

  /// Spends a refresh token for another, repeats what it was spent for, or ends its session.
  func rotate(_ rotation: TokenRotation, _ policy: SessionPolicy, _ stamp: ChangeStamp) throws(AccountsError)
    -> TokenRotation.Outcome

  /// The user's sessions that have not ended, the one used last first.
  func sessions(of key: String, at time: Int64) throws(AccountsError) -> [Session]

  /// Ends the session of that id; nil if there is none, or none of the user.
  func endSession(_ id: String, of key: String?, as event: AccountEvent.Kind, _ stamp: ChangeStamp)
    throws(AccountsError) -> Session?

  func hasSession(_ id: String) throws(AccountsError) -> Bool

  /// Ends sessions of a user, and revokes his tokens without a session if asked to; nil if there is no such account.
  func endSessions(
    _ selection: SessionSelection, of key: String, revokesSessionless: Bool, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Int?

  // MARK: Revocations

  /// The revocations with greater numbers that have not expired, in their order.
  func revocations(after number: Int64, limit: Int, at time: Int64) throws(AccountsError) -> [Revocation]

  /// Adds a revocation, in the place of an earlier one of the same subject, and notes an event.
  func revoke(_ subject: Revocation.Subject, expires: Int64?, as event: AccountEvent.Draft, _ stamp: ChangeStamp)
    throws(AccountsError)

  /// The moment before which the tokens of the accounts' own user are refused that have no session; nil if none are.
  func sessionlessRevocation(of name: String) throws(AccountsError) -> Int64?

  // MARK: Failed logins

  /// All records that count at that time.
  func failures(at time: Int64) throws(AccountsError) -> [StoredFailures]

  /// Keeps the records, each in the place of the one for the same account and network, and notes events.
  func keep(_ failures: [StoredFailures], events: [StampedEvent], at time: Int64) throws(AccountsError)

  // MARK: Invites

  func insert(_ invite: Invite) throws(AccountsError)
  func invites(at time: Int64) throws(AccountsError) -> [Invite]
  func isGood(invite code: String, at time: Int64) throws(AccountsError) -> Bool
  func deleteInvite(_ code: String) throws(AccountsError) -> Bool

  // MARK: Events

  func note(_ event: AccountEvent.Draft, _ stamp: ChangeStamp) throws(AccountsError)

  /// The events with greater numbers, in their order.
  func events(after number: Int64, limit: Int) throws(AccountsError) -> [AccountEvent]

  /// The same, of one user, since a time.
  func events(after number: Int64, of user: String?, since time: Int64, limit: Int) throws(AccountsError)
    -> [AccountEvent]

  /// The number of the last event; 0 if there was none.
  func lastEvent() throws(AccountsError) -> Int64

  /// The number that was kept under the name; nil if none was.
  func mark(_ name: String) throws(AccountsError) -> Int64?

  func setMark(_ name: String, to number: Int64) throws(AccountsError)

  // MARK: Keeping order

  /// Removes some of what has expired; false once nothing is left to remove.
  func removeExpired(at time: Int64, graceEnd: Int64, limit: Int) throws(AccountsError) -> Bool

  /// Writes something that changes nothing.
  ///
  /// - Throws: why the database can't be written.
  func probe() throws(AccountsError)
}

/// An account with what nobody outside sees.
struct AccountRow {
  let account: Account
  let password: String
}

/// An account that is to be made.
struct NewAccount {
  let name: AccountName
  let password: String
  var roles: [RoleName]
  /// The code of an invite; nil where none is asked for.
  var invite: String?
}

/// The sessions of a user that end.
package enum SessionSelection: Sendable, Hashable {
  case all
  /// All but the one of that id; all if there is none.
  case others(than: String?)
}
