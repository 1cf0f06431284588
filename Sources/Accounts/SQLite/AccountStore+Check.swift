import Files
import Glibc

extension AccountStore {
  /// The revocations in the database; none where it is missing or older than them.
  ///
  /// Makes and changes nothing.
  ///
  /// - Throws: ``AccountsError``.
  package static func readRevocations(path: String, now: Double) throws(AccountsError) -> [Revocation] {
    guard unsafe access(path, F_OK) == 0, !Schema.wouldMigrate(try DatabaseHeader(path: path)) else { return [] }
    return try RevocationReader(path: path).readNew(now: now)
  }

  /// Finds out whether the database can be opened or, where it is missing, made; makes nothing.
  ///
  /// - Throws: ``AccountsError``.
  package static func check(path: String) throws(AccountsError) {
    if unsafe access(path, F_OK) == 0 {
      // A file that the gateway would write to when it starts is left for it to open.
      if Schema.wouldMigrate(try DatabaseHeader(path: path)) {
        guard unsafe access(path, R_OK | W_OK) == 0 else {
          throw AccountsError(PrivateFile.failure(path, "can't be opened"))
        }
        return
      }
      _ = try SQLiteDatabase(path: path, busyTimeout: 1000)
      return
    }
    guard errno == ENOENT else { throw AccountsError(PrivateFile.failure(path, "can't be opened")) }
    // The database's directory is made too, if just that one is missing.
    var directory = PrivateFile.directory(of: path)
    if unsafe access(directory, F_OK) != 0 { directory = PrivateFile.directory(of: directory) }
    guard unsafe access(directory, W_OK | X_OK) == 0 else {
      throw AccountsError(PrivateFile.failure(path, "can't be made in '\(directory)'"))
    }
  }
}
