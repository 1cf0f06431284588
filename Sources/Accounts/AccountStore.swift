import Synchronization

/// The accounts of this gateway, with their sessions and all that is kept beside them.
///
/// For threads that may block (those of a pool, the command line's), any number at once: there is one database behind a lock,
/// held for a statement or a transaction and never while a password is hashed. Several processes may have the same file open; who
/// must wait for another's writing longer than the busy timeout gets ``AccountsError/busy``. What an operation has changed is on the
/// disk when it returns.
package final class AccountStore: Sendable {
  /// The path of the database.
  package let path: String
  let hasher: PasswordHasher
  private let database: Mutex<any AccountDatabase>

  /// Opens the database, which is made if it is missing, for its owner only (0600); so is its directory, if the one above exists.
  ///
  /// - Parameter busyTimeout: how long a statement waits for another process that writes.
  /// - Throws: ``AccountsError``, with a text for the operator.
  package init(path: String, hasher: PasswordHasher, busyTimeout: Duration = .seconds(5)) throws(AccountsError) {
    self.path = path
    self.hasher = hasher
    let (seconds, attoseconds) = busyTimeout.components
    let milliseconds =
      Int32(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue)
      &+ Int32(clamping: attoseconds / 1_000_000_000_000_000)
    database = Mutex(try SQLiteDatabase(path: path, busyTimeout: milliseconds))
  }

  /// The account of that name, in any case.
  ///
  /// - Throws: ``AccountsError``.
  package func find(_ name: AccountName) throws(AccountsError) -> Account? {
    try withDatabase { database throws(AccountsError) in try database.find(name.key)?.account }
  }

  /// The accounts after `name` in the order of their lower-case names, at most `limit` of them.
  ///
  /// - Throws: ``AccountsError``.
  package func list(after name: AccountName? = nil, limit: Int) throws(AccountsError) -> [Account] {
    try withDatabase { database throws(AccountsError) in
      try database.list(after: name?.key ?? "", limit: max(0, limit))
    }
  }

  /// Disables the account: its logins are refused, its sessions end, and tokens without a session are refused.
  ///
  /// - Throws: ``AccountsError``.
  package func disable(_ name: AccountName, _ stamp: ChangeStamp) throws(AccountsError) -> AccountChange {
    try withDatabase { database throws(AccountsError) in try database.setDisabled(name.key, true, stamp) }
  }

  /// Lets a disabled account log in again; what was revoked stays so.
  ///
  /// - Throws: ``AccountsError``.
  package func enable(_ name: AccountName, _ stamp: ChangeStamp) throws(AccountsError) -> AccountChange {
    try withDatabase { database throws(AccountsError) in try database.setDisabled(name.key, false, stamp) }
  }

  /// Gives the account a role.
  ///
  /// Tokens that are out keep the roles that they were issued with.
  ///
  /// - Throws: ``AccountsError``.
  package func grant(
    _ role: RoleName, to name: AccountName, _ stamp: ChangeStamp
  ) throws(AccountsError) -> AccountChange {
    try withDatabase { database throws(AccountsError) in
      try database.setRole(name.key, role, isGranted: true, stamp)
    }
  }

  /// Takes a role from the account.
  ///
  /// Tokens that are out keep the roles that they were issued with.
  ///
  /// - Throws: ``AccountsError``.
  package func revoke(
    _ role: RoleName, from name: AccountName, _ stamp: ChangeStamp
  ) throws(AccountsError) -> AccountChange {
    try withDatabase { database throws(AccountsError) in
      try database.setRole(name.key, role, isGranted: false, stamp)
    }
  }

  /// Sets the scope of tokens that are issued to the account from now on; an empty one for none.
  ///
  /// - Throws: ``AccountsError``.
  package func setScope(
    _ scope: String, of name: AccountName, _ stamp: ChangeStamp
  ) throws(AccountsError) -> AccountChange {
    try withDatabase { database throws(AccountsError) in try database.setScope(name.key, scope, stamp) }
  }

  /// Sets a claim of tokens that are issued to the account from now on.
  ///
  /// - Parameter json: the value; nil for no such claim.
  /// - Throws: ``AccountsError``.
  package func setClaim(
    _ claim: String, to json: String?, of name: AccountName, _ stamp: ChangeStamp
  ) throws(AccountsError) -> AccountChange {
    try withDatabase { database throws(AccountsError) in try database.setClaim(name.key, claim, to: json, stamp) }
  }

  /// Removes the account and all that belongs to it, whose tokens are refused from now on; false if there is none.
  ///
  /// The name may be registered again, under another id.
  ///
  /// - Throws: ``AccountsError``.
  package func delete(_ name: AccountName, _ stamp: ChangeStamp) throws(AccountsError) -> Bool {
    try withDatabase { database throws(AccountsError) in try database.delete(name.key, stamp) }
  }

  /// Removes some of what has expired; false once nothing is left to remove.
  ///
  /// - Parameters:
  ///   - now: seconds since 1970.
  ///   - grace: for how many seconds a spent refresh token repeats its answer.
  /// - Throws: ``AccountsError``.
  package func removeExpired(now: Double, grace: Double) throws(AccountsError) -> Bool {
    try withDatabase { database throws(AccountsError) in
      try database.removeExpired(
        at: UnixMilliseconds.from(seconds: now), graceEnd: UnixMilliseconds.from(seconds: now - grace), limit: 500)
    }
  }

  /// Finds out whether the database can be written.
  ///
  /// - Throws: ``AccountsError``.
  package func probe() throws(AccountsError) {
    try withDatabase { database throws(AccountsError) in try database.probe() }
  }

  /// The number that was kept under the name; nil if none was.
  ///
  /// - Throws: ``AccountsError``.
  package func mark(_ name: String) throws(AccountsError) -> Int64? {
    try withDatabase { database throws(AccountsError) in try database.mark(name) }
  }

  /// Keeps a number under a name.
  ///
  /// - Throws: ``AccountsError``.
  package func setMark(_ name: String, to number: Int64) throws(AccountsError) {
    try withDatabase { database throws(AccountsError) in try database.setMark(name, to: number) }
  }

  func withDatabase<Result: Sendable>(
    _ body: (any AccountDatabase) throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    try database.withLock { database throws(AccountsError) in try body(database) }
  }
}
