import Synchronization
import TestSupport
import Testing

@testable import Accounts

/// Sessions and their refresh tokens, by a clock that the test moves.
@Suite struct SessionTests {
  let scratch: TemporaryDirectory
  let store: AccountStore
  let alice: Account

  static let policy = SessionPolicy(
    refreshLifetime: .seconds(1000), grace: .seconds(10), maximumLifetime: .seconds(5000), countMax: 3,
    accessLifetime: .seconds(100))

  init() throws {
    scratch = try TemporaryDirectory()
    store = try Sample.store(scratch("accounts.db"))
    alice = try store.register("Alice")
  }

  /// A client's stamp, so many seconds after the tests' time.
  static func stamp(_ seconds: Double = 0) -> ChangeStamp {
    ChangeStamp(now: Sample.now + seconds, by: .user(address: "192.0.2.1", userAgent: "test"))
  }

  func begin(at seconds: Double = 0, _ policy: SessionPolicy = policy) throws -> SessionGrant {
    try #require(try store.beginSession(of: alice, policy, Self.stamp(seconds)))
  }

  /// The outcome in a word, with the new token if there is one.
  func refresh(
    _ token: RefreshToken, at seconds: Double, _ policy: SessionPolicy = policy
  ) throws -> (word: String, token: RefreshToken?) {
    switch try store.refresh(token, policy, Self.stamp(seconds)) {
    case .granted(let grant): ("granted", grant.refreshToken)
    case .reused(let user): ("reused by \(user)", nil)
    case .refused: ("refused", nil)
    }
  }

  func sessions(at seconds: Double = 0) throws -> [String] {
    try #require(try store.sessions(of: Sample.name("alice"), now: Sample.now + seconds)).map(\.id)
  }

  // MARK: Refreshing

  @Test func `a refresh token is spent for another, in the same session`() throws {
    let first = try begin()
    let outcome = try store.refresh(first.refreshToken, Self.policy, Self.stamp(50))
    guard case .granted(let second) = outcome else { throw Unexpected() }
    #expect(second.session == first.session)
    #expect(second.account == alice)
    #expect(second.refreshToken.text != first.refreshToken.text)
    #expect(try refresh(second.refreshToken, at: 60).word == "granted")
    #expect(try sessions(at: 60) == [first.session])
  }

  struct Unexpected: Error {}

  @Test(arguments: [0.0, 5, 10]) func `within the grace a spent token gives the same token again`(delay: Double) throws
  {
    let first = try begin().refreshToken
    let second = try #require(try refresh(first, at: 1).token)
    let again = try #require(try refresh(first, at: 1 + delay).token)
    #expect(again.text == second.text)
    #expect(try refresh(second, at: 12).word == "granted", "it is good once, whoever has it")
  }

  @Test func `within the grace the same token comes even when it was spent in turn`() throws {
    let first = try begin().refreshToken
    let second = try #require(try refresh(first, at: 1).token)
    let third = try #require(try refresh(second, at: 2).token)
    #expect(try refresh(first, at: 3).token?.text == second.text)
    #expect(try refresh(second, at: 4).token?.text == third.text)
  }

  @Test func `after the grace a reuse ends the session, and is an event`() throws {
    let grant = try begin()
    let second = try #require(try refresh(grant.refreshToken, at: 1).token)
    #expect(try refresh(grant.refreshToken, at: 11.5).word == "reused by Alice")
    #expect(try refresh(second, at: 11.5).word == "refused", "the session has ended")
    #expect(try refresh(grant.refreshToken, at: 12).word == "refused")
    #expect(try sessions(at: 12).isEmpty)
    let revoked = try RevocationReader(path: store.path).readNew(now: Sample.now + 12)
    #expect(revoked.map(\.subject) == [.session(grant.session)])
    let reuse = try #require(try store.events(limit: 10).last)
    #expect((reuse.kind, reuse.user, reuse.session) == ("token_reused", "Alice", grant.session))
  }

  @Test func `without a grace the second use is a reuse at once`() throws {
    let policy = SessionPolicy(
      refreshLifetime: .seconds(1000), grace: .zero, maximumLifetime: .seconds(5000), countMax: 3,
      accessLifetime: .seconds(100))
    let token = try begin().refreshToken
    #expect(try refresh(token, at: 1, policy).word == "granted")
    #expect(try refresh(token, at: 1, policy).word == "reused by Alice")
  }

  @Test func `each use moves the end on, up to the longest life`() throws {
    var token = try begin().refreshToken
    for seconds in stride(from: 900.0, through: 4500, by: 900) {
      token = try #require(try refresh(token, at: seconds).token, "\(seconds)")
    }
    #expect(try refresh(token, at: 5000).word == "refused")
    let unused = try begin(at: 6000).refreshToken
    #expect(try refresh(unused, at: 7000).word == "refused")
  }

  @Test func `a shorter longest life counts for sessions that have begun`() throws {
    let token = try begin().refreshToken
    let shorter = SessionPolicy(
      refreshLifetime: .seconds(1000), grace: .seconds(10), maximumLifetime: .seconds(60), countMax: 3,
      accessLifetime: .seconds(100))
    #expect(try refresh(token, at: 61, shorter).word == "refused")
  }

  @Test func `unknown tokens are refused`() throws {
    _ = try begin()
    #expect(try refresh(.make(), at: 1).word == "refused")
  }

  @Test(arguments: [
    "", "x", String(repeating: "A", count: 42), String(repeating: "A", count: 44),
    String(repeating: "A", count: 42) + "B", String(repeating: "+", count: 43),
  ])
  func `a text that can be no token is none`(text: String) { #expect(RefreshToken(text) == nil) }

  @Test func `a token's text is read back`() throws {
    let token = try RefreshToken.make()
    #expect(token.text.utf8.count == 43)
    #expect(RefreshToken(token.text)?.text == token.text)
    #expect("\(token)" == "(a refresh token)")
  }

  @Test func `of many refreshes at once all within the grace get one successor`() throws {
    let token = try begin().refreshToken
    let stores = [store, try Sample.store(store.path)]
    let texts = onThreads(8) { number -> String? in
      guard case .granted(let grant)? = try? stores[number % 2].refresh(token, Self.policy, Self.stamp(1)) else {
        return nil
      }
      return grant.refreshToken.text
    }
    #expect(texts.allSatisfy { $0 != nil })
    #expect(Set(texts.compactMap(\.self)).count == 1)
    #expect(try store.rows("SELECT count(*) FROM refresh_tokens WHERE spent IS NULL") == ["1"])
  }

  @Test func `the database holds neither a token nor a successor in clear`() throws {
    let first = try begin().refreshToken
    let second = try #require(try refresh(first, at: 1).token)
    var contents: [UInt8] = []
    for suffix in ["", "-wal"] { contents += read(store.path + suffix) }
    let text = String(decoding: contents, as: UTF8.self)
    for token in [first, second] { #expect(!text.contains(token.text)) }
    // A successor opens with the token that it was given for, and with no other.
    #expect(try second.open(first.seal(second)) == nil)
    #expect(try first.open(first.seal(second))?.text == second.text)
  }

  @Test func `what a spent token was spent for is forgotten after the grace`() throws {
    let token = try begin().refreshToken
    _ = try refresh(token, at: 1)
    #expect(try store.rows("SELECT count(*) FROM refresh_tokens WHERE successor IS NOT NULL") == ["1"])
    while try store.removeExpired(now: Sample.now + 20, grace: 10) {}
    #expect(try store.rows("SELECT count(*) FROM refresh_tokens WHERE successor IS NOT NULL") == ["0"])
    #expect(try refresh(token, at: 20).word == "reused by Alice", "but not that it was spent")
  }

  @Test func `a session knows thousands of spent tokens and no more`() throws {
    let grant = try begin()
    try store.withDatabase { database throws(AccountsError) in
      try database.connection.run(
        """
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
        INSERT INTO refresh_tokens (hash, session, spent) SELECT randomblob(32), 1, i FROM n;
        UPDATE sessions SET rotations = 255;
        """)
    }
    _ = try refresh(grant.refreshToken, at: 1)
    #expect(try store.rows("SELECT count(*) FROM refresh_tokens WHERE spent IS NOT NULL") == ["4096"])
    #expect(try refresh(grant.refreshToken, at: 2).word == "granted", "the newest are the ones that stay")
  }

  // MARK: Ending

  @Test func `beyond the limit the session that was used least recently ends`() throws {
    let first = try begin(at: 0)
    let second = try begin(at: 1)
    let third = try begin(at: 2)
    _ = try refresh(first.refreshToken, at: 3)
    let fourth = try begin(at: 4)
    #expect(try sessions(at: 5) == [fourth.session, first.session, third.session])
    #expect(try refresh(second.refreshToken, at: 5).word == "refused")
    let event = try #require(try store.events(limit: 100).first { $0.kind == "session_ended" })
    #expect((event.by, event.session) == ("gateway", second.session))
  }

  @Test func `a session ends for its user alone`() throws {
    try store.register("bob")
    let grant = try begin()
    #expect(try store.endSession(grant.session, of: Sample.name("bob"), Self.stamp(1)) == nil)
    #expect(try sessions(at: 1) == [grant.session])
    #expect(try store.endSession(grant.session, of: Sample.name("ALICE"), Self.stamp(1))?.id == grant.session)
    #expect(try store.endSession(grant.session, of: Sample.name("alice"), Self.stamp(1)) == nil)
    #expect(try refresh(grant.refreshToken, at: 2).word == "refused")
  }

  @Test(arguments: ["disable", "password", "delete", "end all"])
  func `what happens to an account ends its sessions and revokes its other tokens`(change: String) throws {
    let grants = [try begin(), try begin(at: 1)]
    let name = try Sample.name("alice")
    let stamp = ChangeStamp(now: Sample.now + 2, by: .operator)
    switch change {
    case "disable": _ = try store.disable(name, stamp)
    case "password": _ = try store.setPassword(of: name, to: Sample.password("another one"), stamp)
    case "delete": _ = try store.delete(name, stamp)
    default: #expect(try store.endSessions(.all, of: name, revokesSessionless: true, stamp) == 2)
    }
    let revoked = try RevocationReader(path: store.path).readNew(now: Sample.now + 3)
    #expect(Set(revoked.map(\.subject)) == Set([.user("Alice")] + grants.map { .session($0.session) }))
    #expect(revoked.first { $0.subject == .user("Alice") }?.moment == stamp.time)
    for grant in grants { #expect(try refresh(grant.refreshToken, at: 3).word == "refused") }
    #expect(try store.events(limit: 100).count { $0.kind == "session_ended" } == 2)
  }

  @Test func `a login is void if the account was changed meanwhile`() throws {
    _ = try store.setPassword(of: Sample.name("alice"), to: Sample.password("another one"))
    #expect(try store.beginSession(of: alice, Self.policy, Self.stamp()) == nil)
  }

  @Test func `who changes the password keeps the session that he does it in`() throws {
    let (mine, other) = (try begin(), try begin(at: 1))
    func change(from current: String) throws -> Authentication {
      try store.changePassword(
        of: "alice", from: Password(current), to: Sample.password("new password"), policy: Sample.policy,
        sparing: mine.session, Self.stamp(2))
    }
    #expect(try change(from: "wrong") == .refused)
    #expect(try sessions(at: 2).count == 2)
    guard case .success = try change(from: "12345678") else { throw Unexpected() }
    #expect(try sessions(at: 3) == [mine.session])
    #expect(try refresh(other.refreshToken, at: 3).word == "refused")
    #expect(try refresh(mine.refreshToken, at: 3).word == "granted")
    #expect(try store.logIn("alice", "new password") != nil)
  }

  // MARK: Revocations

  @Test func `a session is revoked until its last access token has expired, and then forgotten`() throws {
    let grant = try begin()
    _ = try refresh(grant.refreshToken, at: 50)
    _ = try store.endSession(grant.session, of: nil, Self.stamp(60))
    let reader = try RevocationReader(path: store.path)
    #expect(
      try reader.readNew(now: Sample.now + 60).map(\.expires) == [UnixMilliseconds.from(seconds: Sample.now + 150)])
    #expect(try reader.readNew(now: Sample.now + 60).isEmpty, "each is read once")
    #expect(try RevocationReader(path: store.path).readNew(now: Sample.now + 151).isEmpty)
    while try store.removeExpired(now: Sample.now + 151, grace: 10) {}
    #expect(try store.rows("SELECT count(*) FROM revocations") == ["0"])
  }

  @Test func `a session that has ended by itself can be revoked while a token of it may be good`() throws {
    let policy = SessionPolicy(
      refreshLifetime: .seconds(10), grace: .zero, maximumLifetime: .seconds(10), countMax: 3,
      accessLifetime: .seconds(100))
    let grant = try begin(policy)
    #expect(try sessions(at: 20).isEmpty)
    while try store.removeExpired(now: Sample.now + 20, grace: 0) {}
    _ = try store.disable(Sample.name("alice"), Self.stamp(20))
    #expect(
      try RevocationReader(path: store.path).readNew(now: Sample.now + 20).map(\.subject).contains(
        .session(grant.session)))
  }

  func begin(_ policy: SessionPolicy) throws -> SessionGrant { try begin(at: 0, policy) }

  @Test func `revoking a user again moves the moment, in one entry`() throws {
    let reader = try RevocationReader(path: store.path)
    for seconds in [1.0, 2] {
      try store.revokeTokens(ofIssuer: "https://other/", subject: "x", lifetime: nil, Self.stamp(seconds))
      let new = try reader.readNew(now: Sample.now + 3)
      #expect(new.map(\.subject) == [.foreignUser(issuer: "https://other/", subject: "x")])
      #expect(new.map(\.moment) == [Self.stamp(seconds).time])
    }
    #expect(try store.rows("SELECT count(*) FROM revocations") == ["1"])
  }

  @Test(arguments: [(100, 10, 101), (10, 100, 102), (nil, 10, nil), (10, nil, nil)] as [(Int?, Int?, Int?)])
  func `revoking again never shortens a revocation`(first: Int?, second: Int?, end: Int?) throws {
    for (index, seconds) in [first, second].enumerated() {
      try store.revokeTokens(
        ofIssuer: "https://other/", subject: "x", lifetime: seconds.map { Double($0) }, Self.stamp(Double(index + 1)))
    }
    let kept = try RevocationReader(path: store.path).readNew(now: Sample.now + 3)
    #expect(kept.map(\.expires) == [end.map { UnixMilliseconds.from(seconds: Sample.now + Double($0)) }])
  }

  @Test func `expired sessions are removed in pieces`() throws {
    let policy = SessionPolicy(
      refreshLifetime: .seconds(10), grace: .zero, maximumLifetime: .seconds(10), countMax: 2000,
      accessLifetime: .seconds(10))
    for _ in 0..<3 { _ = try begin(policy) }
    #expect(try !store.removeExpired(now: Sample.now + 5, grace: 0))
    #expect(try store.removeExpired(now: Sample.now + 11, grace: 0))
    #expect(try !store.removeExpired(now: Sample.now + 11, grace: 0))
    #expect(try store.rows("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM refresh_tokens)") == ["0"])
  }
}
