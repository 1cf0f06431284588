/// The tables, as the steps that lead to them.
///
/// A step that was ever released is not changed again: what comes later is a further step. `user_version` counts the steps that a
/// file has seen, `application_id` says that it is one of ours.
enum Schema {
  struct Migration {
    let name: String
    let sql: StaticString
  }

  static let migrations = [
    Migration(
      name: "users and their roles",
      // `key` is the name in lower case. AUTOINCREMENT keeps an id from being given twice, even after a deletion.
      sql: """
        CREATE TABLE users (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          name TEXT NOT NULL,
          key TEXT NOT NULL UNIQUE,
          password TEXT NOT NULL,
          disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
          created INTEGER NOT NULL,
          epoch INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE roles (
          user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
          role TEXT NOT NULL,
          PRIMARY KEY (user, role)
        ) STRICT, WITHOUT ROWID;
        PRAGMA user_version = 1;
        """)
  ]

  /// Brings the file up to date, in one transaction; whichever process comes second finds it done.
  static func migrate(_ connection: Connection, to steps: [Migration] = migrations) throws(AccountsError) {
    let application = try connection.prepare("PRAGMA application_id")
    let version = try connection.prepare("PRAGMA user_version")
    if try number(application) == ours, try number(version) == steps.count { return }
    try connection.transaction { () throws(AccountsError) in
      if try number(application) != ours {
        let tables = try connection.prepare("SELECT count(*) FROM sqlite_schema")
        guard try number(application) == 0, try number(version) == 0, try number(tables) == 0 else {
          throw .foreign(path: connection.path)
        }
        try connection.run("PRAGMA application_id = 0x504F5254")
      }
      let done = try number(version)
      guard done <= steps.count else { throw .newer(path: connection.path) }
      for step in steps[done...] {
        do throws(AccountsError) {
          try connection.run(step.sql)
        } catch .failed(let reason) {
          throw .failed(reason: "migration '\(step.name)': \(reason)")
        }
      }
    }
  }

  /// True if opening a database with that header migrates it.
  static func wouldMigrate(_ header: DatabaseHeader) -> Bool {
    header.isEmpty || header.application == ours && header.version < migrations.count
  }

  /// "PORT" in ASCII.
  private static let ours = 0x504F_5254

  private static func number(_ statement: Statement) throws(AccountsError) -> Int {
    Int(try statement.rows { $0.integer(0) }.first ?? 0)
  }
}
