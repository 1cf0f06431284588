import Files
import Glibc

/// The accounts in SQLite: all the SQL there is.
///
/// Used by one thread at a time.
///
/// The file is in WAL mode, so that the command line reads and writes beside a running gateway, with `synchronous` FULL: what a
/// method has changed is on the disk when it returns.
final class AccountDatabase {
  /// An account with what nobody outside sees.
  struct Row {
    let account: Account
    let password: String
  }

  let connection: Connection
  private let select: Statement
  private let selectPage: Statement
  private let insertUser: Statement
  private let updatePassword: Statement
  private let replaceHash: Statement
  private let disable: Statement
  private let enable: Statement
  private let deleteUser: Statement
  private let insertRole: Statement
  private let deleteRole: Statement

  /// Opens the file, which is made if it is missing, and brings it up to date.
  init(path: String, busyTimeout: Int32) throws(AccountsError) {
    try Self.makeFile(path)
    do throws(AccountsError) {
      connection = try Self.open(path, busyTimeout: busyTimeout)
    } catch {
      // SQLite knows that it can't be opened or written, and not why.
      throw Self.denial(of: path, error) ?? error
    }
    select = try connection.prepare(
      """
      SELECT id, name, password, disabled, created, epoch,
        (SELECT group_concat(role, ',') FROM roles WHERE user = users.id)
      FROM users WHERE key = ?
      """)
    selectPage = try connection.prepare(
      """
      SELECT id, name, password, disabled, created, epoch,
        (SELECT group_concat(role, ',') FROM roles WHERE user = users.id)
      FROM users WHERE key > ? ORDER BY key LIMIT ?
      """)
    insertUser = try connection.prepare(
      "INSERT INTO users (name, key, password, created) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING")
    updatePassword = try connection.prepare("UPDATE users SET password = ?, epoch = epoch + 1 WHERE key = ?")
    replaceHash = try connection.prepare("UPDATE users SET password = ? WHERE id = ? AND password = ?")
    disable = try connection.prepare("UPDATE users SET disabled = 1, epoch = epoch + 1 WHERE key = ? AND disabled = 0")
    enable = try connection.prepare("UPDATE users SET disabled = 0 WHERE key = ? AND disabled = 1")
    deleteUser = try connection.prepare("DELETE FROM users WHERE key = ?")
    insertRole = try connection.prepare(
      "INSERT INTO roles (user, role) SELECT id, ?2 FROM users WHERE key = ?1 ON CONFLICT DO NOTHING")
    deleteRole = try connection.prepare(
      "DELETE FROM roles WHERE user = (SELECT id FROM users WHERE key = ?1) AND role = ?2")
  }

  func find(_ key: String) throws(AccountsError) -> Row? {
    try select.rows(.text(key), read: Self.row).first
  }

  func list(after key: String, limit: Int) throws(AccountsError) -> [Account] {
    try selectPage.rows(.text(key), .integer(Int64(limit)), read: Self.row).map(\.account)
  }

  /// The new account; nil if the key is taken.
  func insert(_ name: AccountName, password: String, roles: [RoleName], created: Int64) throws(AccountsError)
    -> Account?
  {
    try connection.transaction { () throws(AccountsError) in
      let inserted = try insertUser.run(
        .text(name.text), .text(name.key), .text(password), .integer(created))
      guard inserted == 1 else { return nil }
      for role in roles { try insertRole.run(.text(name.key), .text(role.text)) }
      return try find(name.key)?.account
    }
  }

  /// Sets the password and ends the account's sessions; false if there is no such account.
  func setPassword(_ key: String, to password: String) throws(AccountsError) -> Bool {
    try updatePassword.run(.text(password), .text(key)) == 1
  }

  /// Puts another hash of the same password in the place of one, unless that has changed.
  func replaceHash(_ row: Row, with password: String) throws(AccountsError) {
    try replaceHash.run(.text(password), .integer(row.account.id), .text(row.password))
  }

  /// Disables or enables the account; false if that has changed nothing.
  func setDisabled(_ key: String, _ isDisabled: Bool) throws(AccountsError) -> Bool {
    try (isDisabled ? disable : enable).run(.text(key)) == 1
  }

  func delete(_ key: String) throws(AccountsError) -> Bool { try deleteUser.run(.text(key)) == 1 }

  func grant(_ key: String, _ role: RoleName) throws(AccountsError) -> Bool {
    try insertRole.run(.text(key), .text(role.text)) == 1
  }

  func revoke(_ key: String, _ role: RoleName) throws(AccountsError) -> Bool {
    try deleteRole.run(.text(key), .text(role.text)) == 1
  }

  private static func row(_ statement: borrowing Statement) -> Row {
    let roles = statement.text(6).split(separator: ",").map(String.init).sorted()
    let account = Account(
      id: statement.integer(0), name: statement.text(1), roles: roles, isDisabled: statement.integer(3) != 0,
      created: statement.integer(4), epoch: statement.integer(5))
    return Row(account: account, password: statement.text(2))
  }

  // MARK: Opening

  /// Makes an empty file for its owner only; SQLite gives the files beside it the same mode.
  private static func makeFile(_ path: String) throws(AccountsError) {
    do throws(FileError) {
      try PrivateFile.makeDirectory(of: path)
      // Only a file that wasn't there is opened here: closing a descriptor of one in use would drop the locks of this process.
      guard let descriptor = try PrivateFile.create(path) else { return }
      close(descriptor)
      try PrivateFile.sync(directory: PrivateFile.directory(of: path))
    } catch {
      throw AccountsError(error)
    }
  }

  /// The file, brought up to date.
  private static func open(_ path: String, busyTimeout: Int32) throws(AccountsError) -> Connection {
    let connection = try Connection(path: path, busyTimeout: busyTimeout)
    try enableWriteAheadLog(connection, attempts: busyTimeout / 5)
    try connection.run("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF")
    try Schema.migrate(connection)
    return connection
  }

  /// The error about rights that this user lacks on the file, or on the directory of the files beside it; nil if it lacks none.
  private static func denial(of path: String, _ error: AccountsError) -> AccountsError? {
    switch error {
    case .inaccessible, .readOnly, .failed: break
    case .corrupt, .foreign, .newer, .busy, .full, .cryptographyUnavailable: return nil
    }
    if unsafe faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0, errno == EACCES {
      return AccountsError(PrivateFile.failure(path, "can't be opened", because: EACCES))
    }
    for file in [path, PrivateFile.directory(of: path)] {
      if unsafe faccessat(AT_FDCWD, file, W_OK, AT_EACCESS) != 0, errno == EACCES, !FileOwner.hint(for: file).isEmpty {
        return AccountsError(PrivateFile.failure(file, "can't be written", because: EACCES))
      }
    }
    return nil
  }

  /// Switching to WAL takes the file alone, and fails at once if another process is opening it too.
  private static func enableWriteAheadLog(_ connection: Connection, attempts: Int32) throws(AccountsError) {
    var attempt: Int32 = 0
    while true {
      do throws(AccountsError) {
        let mode = try connection.prepare("PRAGMA journal_mode = WAL").rows { $0.text(0) }
        guard mode == ["wal"] else {
          throw .failed(reason: "the file system of '\(connection.path)' can't hold a write-ahead log")
        }
        return
      } catch .busy where attempt < attempts {
        attempt += 1
        usleep(5000)
      }
    }
  }
}
