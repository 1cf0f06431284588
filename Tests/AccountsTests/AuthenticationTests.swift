import Cryptography
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Accounts

extension AccountStore {
  /// The number of keys that were derived.
  var hasherCount: Int { hasher.derivationCount }
}

@Suite struct AuthenticationTests {
  let scratch: TemporaryDirectory
  let store: AccountStore

  init() throws {
    scratch = try TemporaryDirectory()
    store = try Sample.store(scratch("accounts.db"))
  }

  @Test func `the right password is let in, in any case of the name`() throws {
    let account = try store.register("Alice", "correct horse")
    #expect(try store.logIn("alice", "correct horse") == account)
    #expect(try store.logIn("ALICE", "correct horse") == account)
    #expect(account.name == "Alice")
  }

  static let passwords = [
    "12345678", "12345678 ", " 12345678", "12345678\0", "1234567a", "1234567A", "p\u{E4}ssword", "pa\u{308}ssword",
    String(repeating: "x", count: 255), String(repeating: "x", count: 256), String(repeating: "x", count: 255) + "y",
    String(repeating: "\u{1F600}", count: 256), String(repeating: "\u{1F600}", count: 255) + "\u{1F601}",
  ]

  @Test(arguments: passwords) func `every byte of a password counts`(_ password: String) throws {
    let account = try store.register("alice", password)
    for other in Self.passwords {
      let isSame = Array(other.utf8) == Array(password.utf8)
      #expect(try (store.logIn("alice", other) == account) == isSame)
    }
  }

  /// A case of a login that is refused.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let name: String
    let password: String
  }

  @Test(arguments: [
    Refusal(testDescription: "unknown name", name: "bob", password: "12345678"),
    Refusal(testDescription: "wrong password", name: "alice", password: "12345679"),
    Refusal(testDescription: "disabled, right password", name: "disabled", password: "12345678"),
    Refusal(testDescription: "disabled, wrong password", name: "disabled", password: "12345679"),
    Refusal(testDescription: "stored hash of another kind", name: "strange", password: "12345678"),
    Refusal(testDescription: "stored hash empty", name: "empty", password: ""),
    Refusal(testDescription: "empty name", name: "", password: "12345678"),
    Refusal(testDescription: "name that can't be", name: "a'; --", password: "12345678"),
    Refusal(testDescription: "overlong name", name: String(repeating: "a", count: 5000), password: "12345678"),
    Refusal(testDescription: "empty password", name: "alice", password: ""),
    Refusal(testDescription: "password beyond the cap", name: "alice", password: String(repeating: "x", count: 1025)),
    Refusal(
      testDescription: "right password and more", name: "alice",
      password: "12345678" + String(repeating: "x", count: 9000)),
  ])
  func `every refusal derives one key at the current cost`(_ refusal: Refusal) throws {
    try store.register("alice")
    try store.register("disabled")
    try store.register("strange")
    try store.register("empty")
    _ = try store.disable(Sample.name("disabled"))
    try store.withDatabase { database throws(AccountsError) in
      try database.connection.run(
        "UPDATE users SET password = '$argon2id$v=19$m=65536$c2FsdA$aGFzaA' WHERE key = 'strange'")
      try database.connection.run("UPDATE users SET password = '' WHERE key = 'empty'")
    }
    let before = store.hasherCount
    #expect(try store.logIn(refusal.name, refusal.password) == nil)
    #expect(store.hasherCount == before + 1)
  }

  @Test func `a refusal takes as long for an unknown name as for a wrong password`() throws {
    let store = try AccountStore(path: scratch("slow.db"), hasher: Sample.cheap(11))
    try store.register("alice")
    try store.register("disabled")
    _ = try store.disable(Sample.name("disabled"))
    // The time of this thread's own, whatever else the machine does, and the best of several.
    var times: [String: Int] = [:]
    for _ in 0..<10 {
      for name in ["alice", "nobody", "not a name", "disabled"] {
        let start = threadNanoseconds()
        _ = try store.logIn(name, "wrong password")
        times[name] = min(times[name] ?? .max, threadNanoseconds() - start)
      }
    }
    let (least, most) = (try #require(times.values.min()), try #require(times.values.max()))
    #expect(most < least + least / 5, "\(times)")
  }

  private func threadNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  @Test func `a new password takes the place of the old and ends the sessions`() throws {
    let account = try store.register("alice", "old password")
    guard
      case .changed(let changed) = try store.setPassword(of: Sample.name("ALICE"), to: Sample.password("new password"))
    else {
      Issue.record("nothing was changed")
      return
    }
    #expect(changed.epoch == account.epoch + 1)
    #expect(try store.logIn("alice", "old password") == nil)
    #expect(try store.logIn("alice", "new password") == changed)
  }

  @Test func `a login renews a hash of another cost, and only a login that succeeds`() throws {
    let path = scratch("accounts.db")
    let account = try store.register("alice", "12345678")
    let later = try AccountStore(path: path, hasher: Sample.cheap(3))
    func stored() throws -> String? {
      try store.withDatabase { database throws(AccountsError) in try database.find("alice")?.password }
    }
    let old = try stored()
    #expect(try later.logIn("alice", "wrong password") == nil)
    #expect(try stored() == old)
    #expect(try later.logIn("alice", "12345678") == account)
    #expect(try stored()?.hasPrefix("$scrypt$ln=3,r=8,p=1$") == true)
    // Not a new password: the sessions go on.
    #expect(try store.find(Sample.name("alice")) == account)
    let before = later.hasherCount
    #expect(try later.logIn("alice", "12345678") == account)
    #expect(later.hasherCount == before + 1)
  }

  @Test func `renewing a hash never takes the place of a new password`() throws {
    try store.register("alice", "old password")
    let row = try #require(store.withDatabase { database throws(AccountsError) in try database.find("alice") })
    _ = try store.setPassword(of: Sample.name("alice"), to: Sample.password("new password"))
    try store.withDatabase { database throws(AccountsError) in try database.replaceHash(of: row, with: row.password) }
    #expect(try store.logIn("alice", "old password") == nil)
    #expect(try store.logIn("alice", "new password") != nil)
  }

  @Test func `logins side by side that all renew a hash are all let in`() throws {
    let account = try store.register("alice", "12345678")
    let later = try AccountStore(path: scratch("accounts.db"), hasher: Sample.cheap(8))
    let accounts = onThreads(8) { _ in try? later.logIn("alice", "12345678") }
    #expect(accounts == Array(repeating: account, count: 8))
  }

  @Test func `what happens to an account while its password is hashed counts`() throws {
    // A hash that takes long enough for the rest to happen meanwhile.
    let slow = try AccountStore(path: scratch("accounts.db"), hasher: Sample.cheap(17))
    let store = store
    try slow.register("alice", "12345678")
    let outcome = Mutex<Authentication?>(nil)
    let login = Started {
      let judged = try? slow.authenticate("alice", password: Password("12345678"), policy: Sample.policy)
      outcome.withLock { $0 = judged }
    }
    while slow.hasherCount < 2 { usleep(100) }
    _ = try store.disable(Sample.name("alice"))
    login.join()
    #expect(outcome.withLock { $0 } == .refused)
  }
}
