@testable import Accounts

extension AccountDatabase {
  /// The connection of the one kind of database that there is.
  var connection: Connection {
    guard let database = self as? SQLiteDatabase else { preconditionFailure("a database of another kind") }
    return database.connection
  }
}

extension AccountStore {
  /// The rows that a query gives, each as its columns joined with `|`.
  func rows(_ sql: StaticString, columns: Int32 = 1) throws -> [String] {
    try withDatabase { database throws(AccountsError) in
      try database.connection.prepare(sql).rows { row in
        (0..<columns).map { row.text($0) }.joined(separator: "|")
      }
    }
  }
}
