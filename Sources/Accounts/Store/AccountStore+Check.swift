import Files
import Glibc

extension AccountStore {
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
      _ = try AccountDatabase(path: path, busyTimeout: 1000)
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
