import TestSupport
import Testing

@testable import Accounts

/// Databases of earlier versions with data in them, brought up to date.
@Suite struct MigrationTests {
  let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  /// Statements that fill a database of each version with what that version kept.
  private static let contents: [(version: Int, sql: StaticString)] = [
    (
      1,
      """
      INSERT INTO users (name, key, password, disabled, created, epoch)
        VALUES ('Alice', 'alice', '$scrypt$', 0, 1700000000, 3), ('bob', 'bob', '$scrypt$', 1, 1700000001, 1);
      INSERT INTO roles (user, role) VALUES (1, 'admin'), (1, 'user'), (2, 'user');
      """
    ),
    (
      2,
      """
      INSERT INTO sessions (id, user, begun, used, expires, covered, address, agent)
        VALUES ('s1', 1, 1700000000000, 1700000001000, 1800000000000, 1700003600000, '192.0.2.1', 'curl');
      INSERT INTO refresh_tokens (hash, session) VALUES (x'01', 1);
      INSERT INTO revocations (kind, issuer, name, moment, expires)
        VALUES (0, '', 's0', 1700000000000, 1800000000000), (1, '', 'bob', 1700000000000, NULL);
      INSERT INTO claims (user, name, value) VALUES (1, 'plan', '"pro"');
      UPDATE users SET scope = 'a b' WHERE id = 1;
      INSERT INTO events (time, event, user, key, by) VALUES (1700000000000, 'login', 'Alice', 'alice', 'user');
      """
    ),
    (
      3,
      """
      INSERT INTO failed_logins VALUES ('alice', '4:c0000201', '1700000000000', 0, NULL, 1700000000000, 1800000000000);
      INSERT INTO invites VALUES ('code', 'beta', 2, 1700000000000, 1800000000000);
      INSERT INTO marks VALUES ('audit', 7);
      """
    ),
  ]

  @Test(arguments: 1...Schema.migrations.count)
  func `a database of each version keeps what it held`(version: Int) throws {
    #expect(Self.contents.map(\.version) == Array(1...Schema.migrations.count), "each version has data here")
    let path = scratch("accounts.db")
    try write([], to: path)
    do {
      let connection = try Connection(path: path, busyTimeout: 100)
      for (step, contents) in zip(Schema.migrations, Self.contents).prefix(version) {
        let number = contents.version
        try Schema.migrate(connection, to: Array(Schema.migrations.prefix(number)))
        _ = step
        try connection.run(contents.sql)
      }
    }
    let store = try Sample.store(path)
    #expect(try store.rows("PRAGMA user_version") == ["\(Schema.migrations.count)"])
    #expect(try store.rows("PRAGMA integrity_check") == ["ok"])
    #expect(try store.rows("PRAGMA foreign_key_check").isEmpty)
    let alice = try #require(try store.find(Sample.name("alice")))
    #expect((alice.name, alice.roles, alice.epoch) == ("Alice", ["admin", "user"], 3))
    #expect(try store.find(Sample.name("bob"))?.isDisabled == true)
    #expect(alice.scope == (version >= 2 ? "a b" : ""))
    #expect(alice.claims == (version >= 2 ? [Account.Claim(name: "plan", json: "\"pro\"")] : []))
    let sessions = try #require(try store.sessions(of: Sample.name("alice"), now: Sample.now))
    #expect(sessions.map(\.id) == (version >= 2 ? ["s1"] : []))
    let revoked = try RevocationReader(path: path).readNew(now: Sample.now)
    #expect(revoked.map(\.subject) == (version >= 2 ? [.session("s0"), .user("bob")] : []))
    #expect(try store.events(limit: 10).count == (version >= 2 ? 1 : 0))
    #expect(try store.invites(now: Sample.now).map(\.code) == (version >= 3 ? ["code"] : []))
    #expect(try store.mark("audit") == (version >= 3 ? 7 : nil))
    // And it is used from then on.
    try store.register("carol")
  }

  @Test func `a newer schema is refused by name`() throws {
    let path = scratch("accounts.db")
    _ = try Sample.store(path)
    try Connection(path: path, busyTimeout: 100).run("PRAGMA user_version = 99")
    let error = #expect(throws: AccountsError.newer(path: path)) { try Sample.store(path) }
    #expect(error?.description == "the accounts' database '\(path)' was made by a newer version of this program")
  }
}
