import Files

/// A reason why the accounts could not be read or changed.
///
/// None of them is an answer about an account: those are outcomes. Paths and the system's texts are for the operator, not for clients.
package enum AccountsError: Error, Sendable, Hashable {
  /// A file can't be created, opened, read or written.
  case inaccessible(path: String, reason: String)
  /// The database may be read but not written.
  case readOnly(path: String)
  /// The file is no database, or a damaged one.
  case corrupt(path: String)
  /// The file is a database of another program.
  case foreign(path: String)
  /// The database was made by a newer version of the gateway.
  case newer(path: String)
  /// Another process kept the database locked for longer than the busy timeout.
  case busy
  /// The disk is full.
  case full
  /// SQLite failed otherwise; its own text.
  case failed(reason: String)
  /// libcrypto could not hash a password or give random bytes.
  case cryptographyUnavailable
}

extension AccountsError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .inaccessible(let path, let reason): "'\(path)': \(reason)"
    case .readOnly(let path): "the accounts' database '\(path)' can't be written"
    case .corrupt(let path): "'\(path)' is not an SQLite database, or it is damaged"
    case .foreign(let path): "'\(path)' is a database of another program"
    case .newer(let path): "the accounts' database '\(path)' was made by a newer version of this program"
    case .busy: "another process keeps the accounts' database locked"
    case .full: "the disk of the accounts' database is full"
    case .failed(let reason): "the accounts' database failed: \(reason)"
    case .cryptographyUnavailable: "libcrypto could not hash a password or give random bytes"
    }
  }
}

extension AccountsError {
  init(_ error: FileError) { self = .inaccessible(path: error.path, reason: error.reason) }
}
