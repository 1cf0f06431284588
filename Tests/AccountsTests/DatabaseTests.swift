import Glibc
import TestSupport
import Testing

@testable import Accounts

/// The database as a file.
@Suite struct DatabaseTests {
  let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func integer(_ store: AccountStore, _ sql: StaticString) throws -> Int64? {
    try store.withDatabase { database throws(AccountsError) in
      try database.connection.prepare(sql).rows { $0.integer(0) }.first
    }
  }

  private func text(_ store: AccountStore, _ sql: StaticString) throws -> String? {
    try store.withDatabase { database throws(AccountsError) in
      try database.connection.prepare(sql).rows { $0.text(0) }.first
    }
  }

  @Test func `a missing file and its directory are made for their owner only`() throws {
    let path = scratch("data/accounts.db")
    let store = try Sample.store(path)
    try store.register("alice")
    #expect(mode(of: scratch("data")) == 0o700)
    for suffix in ["", "-wal", "-shm"] { #expect(mode(of: path + suffix) == 0o600) }
  }

  @Test func `a relative path is taken from the working directory, whatever it looks like`() throws {
    let connection = scratch("accounts.db")
    _ = try Sample.store(connection)
    let here = try #require(getcwd(nil, 0))
    defer { free(here) }
    let depth = String(cString: here).split(separator: "/").count
    let relative = String(repeating: "../", count: depth) + connection.dropFirst()
    let store = try Sample.store(relative)
    try store.register("alice")
    #expect(try Sample.store(connection).find(Sample.name("alice")) != nil)
  }

  @Test func `what was committed is durable`() throws {
    let store = try Sample.store(scratch("accounts.db"))
    #expect(try text(store, "PRAGMA journal_mode") == "wal")
    // 2 is FULL: the log is synchronised with each commit.
    #expect(try integer(store, "PRAGMA synchronous") == 2)
    #expect(try integer(store, "PRAGMA foreign_keys") == 1)
    #expect(try integer(store, "PRAGMA busy_timeout") == 5000)
    #expect(try text(store, "PRAGMA integrity_check") == "ok")
  }

  @Test func `what a crash leaves behind holds every account that was registered`() throws {
    let store = try Sample.store(scratch("accounts.db"))
    for number in 0..<50 {
      try store.register("user\(number)")
      // The files as they are, with the store still open: what is left of a process that was killed now.
      let copy = scratch("copy.db")
      for suffix in ["", "-wal"] { try write(read(scratch("accounts.db" + suffix)), to: copy + suffix) }
      let reopened = try Sample.store(copy)
      #expect(try reopened.list(limit: 100).count == number + 1)
      #expect(try reopened.logIn("user\(number)", "12345678") != nil)
    }
  }

  @Test func `another connection sees at once what was changed, and changes beside it`() throws {
    let gateway = try Sample.store(scratch("accounts.db"))
    let commandLine = try Sample.store(scratch("accounts.db"))
    let account = try gateway.register("alice")
    #expect(try commandLine.find(Sample.name("alice")) == account)
    _ = try commandLine.disable(Sample.name("alice"))
    #expect(try gateway.logIn("alice", "12345678") == nil)
  }

  @Test func `who waits for another's writing too long is told so, and reading goes on`() throws {
    let path = scratch("accounts.db")
    let writer = try Sample.store(path)
    try writer.register("alice")
    let other = try AccountStore(path: path, hasher: Sample.cheap(), busyTimeout: .milliseconds(20))
    try writer.withDatabase { database throws(AccountsError) in try database.connection.run("BEGIN IMMEDIATE") }
    #expect(throws: AccountsError.busy) { try other.register("bob") }
    #expect(throws: AccountsError.busy) { try other.disable(Sample.name("alice")) }
    #expect(try other.logIn("alice", "12345678") != nil)
    try writer.withDatabase { database throws(AccountsError) in try database.connection.run("ROLLBACK") }
    try other.register("bob")
  }

  @Test func `a transaction that fails changes nothing and leaves the store usable`() throws {
    let store = try Sample.store(scratch("accounts.db"))
    #expect(throws: AccountsError.busy) {
      try store.withDatabase { database throws(AccountsError) in
        try database.connection.transaction { () throws(AccountsError) in
          try database.connection.run("INSERT INTO users (name, key, password, created) VALUES ('x', 'x', '', 0)")
          throw .busy
        }
      }
    }
    #expect(try store.list(limit: 10).isEmpty)
    try store.register("x")
  }

  @Test func `many that open a new file at once all find it ready`() throws {
    for round in 0..<5 {
      let path = scratch("data\(round)/accounts.db")
      let results = onThreads(8) { number in
        do {
          try Sample.store(path).register("user\(number)")
          return ""
        } catch {
          return "\(error)"
        }
      }
      #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
      #expect(try Sample.store(path).list(limit: 100).count == 8)
    }
  }

  // MARK: Migrations

  @Test func `an existing file is brought up to date once, and keeps what it held`() throws {
    let path = scratch("accounts.db")
    try Sample.store(path).register("alice")
    let store = try Sample.store(path)
    #expect(try store.list(limit: 10).map(\.name) == ["alice"])
    #expect(try integer(store, "PRAGMA user_version") == Int64(Schema.migrations.count))
    let next = Schema.Migration(
      name: "nicknames", sql: "ALTER TABLE users ADD COLUMN nickname TEXT; PRAGMA user_version = 4")
    let connection = try Connection(path: path, busyTimeout: 100)
    for _ in 0..<2 { try Schema.migrate(connection, to: Schema.migrations + [next]) }
    #expect(try connection.prepare("SELECT nickname FROM users").rows { $0.text(0) } == [""])
    #expect(throws: AccountsError.newer(path: path)) { try Sample.store(path) }
  }

  @Test func `a migration that fails is named and leaves the file as it was`() throws {
    let path = scratch("accounts.db")
    _ = try Sample.store(path)
    let connection = try Connection(path: path, busyTimeout: 100)
    let broken = Schema.Migration(name: "broken", sql: "CREATE TABLE extra (a) STRICT; PRAGMA user_version = 4")
    let error = #expect(throws: AccountsError.self) { try Schema.migrate(connection, to: Schema.migrations + [broken]) }
    #expect(error?.description.contains("migration 'broken'") == true)
    _ = try Sample.store(path)
  }

  @Test func `each migration counts itself`() throws {
    for count in 1...Schema.migrations.count {
      let path = scratch("step\(count).db")
      try write([], to: path)
      let connection = try Connection(path: path, busyTimeout: 100)
      try Schema.migrate(connection, to: Array(Schema.migrations.prefix(count)))
      #expect(try connection.prepare("PRAGMA user_version").rows { $0.integer(0) } == [Int64(count)])
    }
  }

  @Test func `an empty file is a new database`() throws {
    let path = scratch("accounts.db")
    try write([], to: path)
    try Sample.store(path).register("alice")
  }

  // MARK: Files that can't be used

  @Test func `a file that is no database is refused and left alone`() throws {
    let path = scratch("accounts.db")
    let contents = Array("not a database at all, but long enough to be looked at as if it were one. ".utf8)
    try write(contents, to: path)
    let error = #expect(throws: AccountsError.corrupt(path: path)) { try Sample.store(path) }
    #expect(error?.description == "'\(path)' is not an SQLite database, or it is damaged")
    #expect(read(path) == contents)
  }

  @Test func `a damaged database is said to be one`() throws {
    let path = scratch("accounts.db")
    try Sample.store(path).register("alice")
    var contents = read(path)
    // The pages behind the header, with what describes the tables and holds the rows.
    for index in 100..<contents.count { contents[index] = 0xA5 }
    try write(contents, to: path)
    #expect(throws: AccountsError.corrupt(path: path)) { try Sample.store(path).logIn("alice", "12345678") }
  }

  @Test(
    arguments: ["CREATE TABLE songs (title)", "PRAGMA application_id = 7", "PRAGMA user_version = 3"] as [StaticString])
  func `another program's database is refused and left alone`(_ sql: StaticString) throws {
    let path = scratch("songs.db")
    try write([], to: path)
    try Connection(path: path, busyTimeout: 100).run(sql)
    #expect(throws: AccountsError.foreign(path: path)) { try Sample.store(path) }
    let connection = try Connection(path: path, busyTimeout: 100)
    #expect(
      try connection.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'users'").rows { $0.integer(0) } == [0])
  }

  @Test func `no file is made or written through a link to nothing, whichever of the database's it stands for`() throws
  {
    #expect(symlink(scratch("elsewhere"), scratch("accounts.db")) == 0)
    #expect(throws: AccountsError.self) { try Sample.store(scratch("accounts.db")) }
    #expect(!scratch.names.contains("elsewhere"))
    for suffix in ["-wal", "-shm", "-journal"] {
      let path = scratch("other\(suffix).db")
      #expect(symlink(scratch("elsewhere"), path + suffix) == 0)
      do { try Sample.store(path).register("alice") } catch {}
      #expect(!scratch.names.contains("elsewhere"), "\(suffix)")
    }
  }

  @Test func `a database behind a link is used where it is`() throws {
    mkdir(scratch("disk"), 0o700)
    try Sample.store(scratch("disk/accounts.db")).register("alice")
    #expect(symlink(scratch("disk/accounts.db"), scratch("accounts.db")) == 0)
    #expect(try Sample.store(scratch("accounts.db")).logIn("alice", "12345678") != nil)
    #expect(scratch.names == ["accounts.db", "disk"])
  }

  @Test func `a path that can't be is refused with the reason`() throws {
    try write([], to: scratch("file"))
    let cases: [(path: String, reason: String)] = [
      (scratch("no/such/accounts.db"), "neither the directory '\(scratch("no/such"))' nor the one above it exists"),
      (scratch("file/accounts.db"), "Not a directory"),
      (scratch.path, "unable to open database file"),
      ("/proc/self/accounts.db", "No such file"),
      (scratch("a\0b"), "zero byte"),
    ]
    for (path, reason) in cases {
      let error = #expect(throws: AccountsError.self) { try Sample.store(path) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
      #expect(error?.description.contains(path.prefix { $0 != "\0" }) == true)
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
  func `a directory that can't be written is said to be the reason`() throws {
    chmod(scratch.path, 0o500)
    defer { chmod(scratch.path, 0o700) }
    let error = #expect(throws: AccountsError.self) { try Sample.store(scratch("accounts.db")) }
    #expect(error?.description == "'\(scratch("accounts.db"))': can't be made: Permission denied")
  }

  @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
  func `a file that can't be written is said to be so`() throws {
    let path = scratch("accounts.db")
    _ = try Sample.store(path)
    chmod(path, 0o400)
    #expect(throws: AccountsError.readOnly(path: path)) { try Sample.store(path) }
  }
}
