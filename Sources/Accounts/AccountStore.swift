import Synchronization

/// The accounts of this gateway, kept in SQLite.
///
/// For threads that may block (those of a pool, the command line's), any number at once: there is one connection behind a lock,
/// held for a statement or a transaction and never while a password is hashed. Several processes may have the same file open; who
/// must wait for another's writing longer than the busy timeout gets ``AccountsError/busy``. What an operation has changed is on the
/// disk when it returns.
package final class AccountStore: Sendable {
  /// The path of the database.
  package let path: String
  let hasher: PasswordHasher
  private let database: Mutex<AccountDatabase>

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
    database = Mutex(try AccountDatabase(path: path, busyTimeout: milliseconds))
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

  /// Disables the account: its logins are refused, and its sessions end.
  ///
  /// - Throws: ``AccountsError``.
  package func disable(_ name: AccountName) throws(AccountsError) -> AccountChange {
    try change(name) { database throws(AccountsError) in try database.setDisabled(name.key, true) }
  }

  /// Undoes ``disable(_:)``.
  ///
  /// - Throws: ``AccountsError``.
  package func enable(_ name: AccountName) throws(AccountsError) -> AccountChange {
    try change(name) { database throws(AccountsError) in try database.setDisabled(name.key, false) }
  }

  /// Gives the account a role.
  ///
  /// Tokens that are out keep the roles that they were issued with.
  ///
  /// - Throws: ``AccountsError``.
  package func grant(_ role: RoleName, to name: AccountName) throws(AccountsError) -> AccountChange {
    try change(name) { database throws(AccountsError) in try database.grant(name.key, role) }
  }

  /// Takes a role from the account.
  ///
  /// Tokens that are out keep the roles that they were issued with.
  ///
  /// - Throws: ``AccountsError``.
  package func revoke(_ role: RoleName, from name: AccountName) throws(AccountsError) -> AccountChange {
    try change(name) { database throws(AccountsError) in try database.revoke(name.key, role) }
  }

  /// Removes the account and all that belongs to it; false if there is none.
  ///
  /// The name may be registered again, under another id.
  ///
  /// - Throws: ``AccountsError``.
  package func delete(_ name: AccountName) throws(AccountsError) -> Bool {
    try withDatabase { database throws(AccountsError) in try database.delete(name.key) }
  }

  private func change(
    _ name: AccountName, _ body: (AccountDatabase) throws(AccountsError) -> Bool
  ) throws(AccountsError) -> AccountChange {
    try withDatabase { database throws(AccountsError) in
      let isChanged = try body(database)
      guard let account = try database.find(name.key)?.account else { return .unknownAccount }
      return isChanged ? .changed(account) : .unchanged(account)
    }
  }

  func withDatabase<Result: Sendable>(
    _ body: (AccountDatabase) throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    try database.withLock { database throws(AccountsError) in try body(database) }
  }
}
