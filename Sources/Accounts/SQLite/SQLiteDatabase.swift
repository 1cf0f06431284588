import Files
import Glibc

/// The accounts in SQLite: the SQL of all of them stands in this directory.
///
/// The file is in WAL mode, so that the command line reads and writes beside a running gateway, with `synchronous` FULL: what a
/// method has changed is on the disk when it returns. A step that reads before it writes takes the write lock first.
final class SQLiteDatabase: AccountDatabase {
  let connection: Connection
  /// The statements that were run before, by the addresses of their texts.
  private var statements: [UInt: Statement] = [:]

  /// Opens the file, which is made if it is missing, and brings it up to date.
  init(path: String, busyTimeout: Int32) throws(AccountsError) {
    try Self.makeFile(path)
    do throws(AccountsError) {
      connection = try Self.open(path, busyTimeout: busyTimeout)
    } catch {
      // SQLite knows that it can't be opened or written, and not why.
      throw Self.denial(of: path, error) ?? error
    }
  }

  /// The statement, which is made ready when it is first asked for.
  ///
  /// Not for a statement within the rows of itself.
  func statement(_ sql: StaticString) throws(AccountsError) -> Statement {
    // SAFETY: the address of a literal is only compared.
    let place = unsafe UInt(bitPattern: sql.utf8Start)
    if let known = statements[place] { return known }
    let made = try connection.prepare(sql)
    statements[place] = made
    return made
  }

  func probe() throws(AccountsError) {
    try connection.transaction { () throws(AccountsError) in
      _ = try statement(
        "INSERT INTO marks (name, value) VALUES ('probe', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
      ).run()
    }
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
