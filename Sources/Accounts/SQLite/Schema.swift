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
        """),
    Migration(
      name: "sessions, revocations and events",
      // `covered` is when the last access token of a session has expired. A spent refresh token keeps its successor for a while, sealed.
      // Of revocations, kind 0 is a session, 1 a user's tokens without one, 2 a user of another issuer.
      sql: """
        ALTER TABLE users ADD COLUMN scope TEXT NOT NULL DEFAULT '';
        CREATE TABLE claims (
          user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
          name TEXT NOT NULL,
          value TEXT NOT NULL,
          PRIMARY KEY (user, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE sessions (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
          begun INTEGER NOT NULL,
          used INTEGER NOT NULL,
          expires INTEGER NOT NULL,
          covered INTEGER NOT NULL,
          rotations INTEGER NOT NULL DEFAULT 0,
          address TEXT,
          agent TEXT
        ) STRICT;
        CREATE INDEX sessions_of_user ON sessions (user, used);
        CREATE INDEX sessions_by_end ON sessions (expires, covered);
        CREATE TABLE refresh_tokens (
          hash BLOB PRIMARY KEY,
          session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
          spent INTEGER,
          successor BLOB
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session, spent);
        CREATE INDEX refresh_tokens_with_successor ON refresh_tokens (spent) WHERE successor IS NOT NULL;
        CREATE TABLE revocations (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          kind INTEGER NOT NULL CHECK (kind IN (0, 1, 2)),
          issuer TEXT NOT NULL,
          name TEXT NOT NULL,
          moment INTEGER NOT NULL,
          expires INTEGER,
          UNIQUE (kind, issuer, name)
        ) STRICT;
        CREATE INDEX revocations_by_end ON revocations (expires) WHERE expires IS NOT NULL;
        CREATE TABLE events (
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          time INTEGER NOT NULL,
          event TEXT NOT NULL,
          user TEXT,
          key TEXT,
          by TEXT NOT NULL,
          address TEXT,
          session TEXT
        ) STRICT;
        CREATE INDEX events_of_user ON events (key, number);
        CREATE INDEX events_by_time ON events (time);
        PRAGMA user_version = 2;
        """),
    Migration(
      name: "failed logins, invites and marks",
      // `account` is the key of a name, or `*` for all that comes from the network.
      sql: """
        CREATE TABLE failed_logins (
          account TEXT NOT NULL,
          network TEXT NOT NULL,
          times TEXT NOT NULL,
          level INTEGER NOT NULL,
          delayed INTEGER,
          used INTEGER NOT NULL,
          until INTEGER NOT NULL,
          PRIMARY KEY (account, network)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX failed_logins_by_end ON failed_logins (until);
        CREATE TABLE invites (
          code TEXT PRIMARY KEY,
          roles TEXT NOT NULL,
          uses INTEGER NOT NULL,
          created INTEGER NOT NULL,
          expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE marks (
          name TEXT PRIMARY KEY,
          value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        PRAGMA user_version = 3;
        """),
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
