import CSQLite
import Glibc

/// An open SQLite database.
///
/// "Multi-thread. In this mode, SQLite can be safely used by multiple threads provided that no single database connection nor any
/// object derived from database connection, such as a prepared statement, is used in two or more threads at the same time."
/// (sqlite.org/threadsafe.html.) That is the mode it is opened in; ``AccountStore`` has a lock around the connection and all that is
/// derived from it.
@safe
final class Connection {
  let path: String
  // SAFETY: opened in init, closed in deinit; statements keep the connection alive.
  private let handle: OpaquePointer

  /// Opens an existing file for reading and writing.
  ///
  /// - Parameter busyTimeout: in milliseconds, how long each statement waits for another process that writes.
  init(path: String, busyTimeout: Int32) throws(AccountsError) {
    guard !path.utf8.contains(0) else { throw .inaccessible(path: path, reason: "the path contains a zero byte") }
    guard sqlite3_threadsafe() != 0 else { throw .failed(reason: "SQLite was built for one thread only") }
    var handle: OpaquePointer?
    // A relative path is marked as one, so that SQLite doesn't take it for one of its special names.
    let name = path.hasPrefix("/") ? path : "./" + path
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = unsafe sqlite3_open_v2(name, &handle, flags, nil)
    guard code == SQLITE_OK, let handle = unsafe handle else {
      defer { unsafe sqlite3_close(handle) }
      throw Self.failure(code, path: path, text: Self.text(of: code))
    }
    self.path = path
    unsafe self.handle = handle
    unsafe sqlite3_busy_timeout(handle, busyTimeout)
    guard unsafe sqlite3_db_readonly(handle, "main") == 0 else { throw .readOnly(path: path) }
  }

  deinit { unsafe sqlite3_close_v2(handle) }

  /// The number of rows that the last changing statement has changed.
  var changeCount: Int { Int(unsafe sqlite3_changes(handle)) }

  /// The row id of the last row inserted.
  var lastInsertedID: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

  /// Makes a statement ready to be run again and again.
  func prepare(_ sql: StaticString) throws(AccountsError) -> Statement {
    var statement: OpaquePointer?
    // SAFETY: the literal's bytes live for ever.
    let code = unsafe sqlite3_prepare_v3(
      handle, UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self), Int32(sql.utf8CodeUnitCount),
      UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement = unsafe statement else { throw failure(code) }
    return unsafe Statement(owning: statement, of: self)
  }

  /// Runs statements, separated by semicolons, for their effect.
  func run(_ sql: StaticString) throws(AccountsError) {
    // SAFETY: a literal is followed by a zero byte.
    let code = unsafe sqlite3_exec(
      handle, UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self), nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// Runs `body` in a transaction that holds the write lock from the start: all of it happens, durably, or nothing.
  func transaction<Result>(_ body: () throws(AccountsError) -> Result) throws(AccountsError) -> Result {
    try run("BEGIN IMMEDIATE")
    do throws(AccountsError) {
      let result = try body()
      try run("COMMIT")
      return result
    } catch {
      // Some failures have rolled back already, and then there is nothing left to undo. If this one fails, the next BEGIN says so.
      if unsafe sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
      throw error
    }
  }

  /// The error that a result code of a call on this connection stands for.
  func failure(_ code: Int32) -> AccountsError {
    let text = unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) }
    return Self.failure(code, path: path, text: text ?? Self.text(of: code))
  }

  private static func failure(_ code: Int32, path: String, text: String) -> AccountsError {
    // The low byte is the primary code, whatever the detail above it.
    switch code & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_READONLY: .readOnly(path: path)
    case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .inaccessible(path: path, reason: text)
    case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt(path: path)
    case SQLITE_FULL: .full
    default: .failed(reason: text)
    }
  }

  private static func text(of code: Int32) -> String {
    unsafe sqlite3_errstr(code).map { unsafe String(cString: $0) } ?? "error \(code)"
  }
}
