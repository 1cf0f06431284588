import Accounts
import TestSupport
import Testing

@Suite struct AccountStoreTests {
  let scratch: TemporaryDirectory
  let store: AccountStore

  init() throws {
    scratch = try TemporaryDirectory()
    store = try Sample.store(scratch("accounts.db"))
  }

  @Test func `a registered account is found in any case, under the name that was registered`() throws {
    let account = try store.register("Alice", roles: ["user", "admin"])
    #expect(account.name == "Alice")
    #expect(account.roles == ["admin", "user"])
    #expect(account.created == 1_700_000_000)
    #expect(!account.isDisabled)
    for name in ["Alice", "alice", "ALICE"] { #expect(try store.find(Sample.name(name)) == account) }
    #expect(try store.find(Sample.name("alic")) == nil)
    #expect(try store.find(Sample.name("alice2")) == nil)
  }

  @Test func `registering a name twice changes nothing and hashes nothing`() throws {
    let account = try store.register("alice", "first password")
    let before = store.hasherCount
    for name in ["alice", "ALICE"] {
      let again = try store.register(
        Sample.name(name), password: Sample.password("another password"), roles: [RoleName("admin")], Sample.stamp)
      #expect(again == .exists)
    }
    #expect(store.hasherCount == before)
    #expect(try store.find(Sample.name("alice")) == account)
    #expect(try store.logIn("alice", "first password") == account)
    #expect(try store.logIn("alice", "another password") == nil)
  }

  @Test func `of many threads that register one name exactly one wins`() throws {
    let path = scratch("accounts.db")
    for round in 0..<10 {
      // Half of them through another connection, as another process would.
      let stores = [store, try Sample.store(path)]
      let outcomes = onThreads(8) { number in
        try? stores[number % 2].register(
          Sample.name(number % 3 == 0 ? "User\(round)" : "user\(round)"),
          password: Sample.password("password \(number)"),
          roles: [], Sample.stamp)
      }
      let winners = outcomes.compactMap { outcome in
        if case .registered(let account)? = outcome { account } else { nil }
      }
      #expect(winners.count == 1)
      #expect(outcomes.count { $0 == .exists } == 7)
      #expect(try store.find(Sample.name("user\(round)")) == winners.first)
    }
  }

  @Test func `a page begins after a name and goes by lower-case names`() throws {
    for name in ["delta", "Bravo", "alpha", "Charlie", "echo"] { try store.register(name, roles: ["r-\(name)"]) }
    let first = try store.list(limit: 2)
    #expect(first.map(\.name) == ["alpha", "Bravo"])
    #expect(first.map(\.roles) == [["r-alpha"], ["r-Bravo"]])
    #expect(try store.list(after: Sample.name("BRAVO"), limit: 2).map(\.name) == ["Charlie", "delta"])
    #expect(try store.list(after: Sample.name("delta"), limit: 10).map(\.name) == ["echo"])
    #expect(try store.list(after: Sample.name("echo"), limit: 10).isEmpty)
    #expect(try store.list(limit: 0).isEmpty)
    #expect(try store.list(limit: -1).isEmpty)
  }

  @Test func `a disabled account stays, can't log in, and ends its sessions`() throws {
    let account = try store.register("alice")
    guard case .changed(let disabled) = try store.disable(Sample.name("ALICE")) else {
      Issue.record("nothing was changed")
      return
    }
    #expect(disabled.isDisabled)
    #expect(disabled.epoch == account.epoch + 1)
    #expect(try store.disable(Sample.name("alice")) == .unchanged(disabled))
    #expect(try store.logIn("alice", "12345678") == nil)
    guard case .changed(let enabled) = try store.enable(Sample.name("alice")) else {
      Issue.record("nothing was changed")
      return
    }
    #expect(!enabled.isDisabled)
    #expect(enabled.epoch == disabled.epoch)
    #expect(try store.enable(Sample.name("alice")) == .unchanged(enabled))
    #expect(try store.logIn("alice", "12345678") == enabled)
  }

  @Test func `roles are granted and revoked one by one`() throws {
    let account = try store.register("alice", roles: ["user"])
    let admin = try RoleName("admin")
    guard case .changed(let granted) = try store.grant(admin, to: Sample.name("alice")) else {
      Issue.record("nothing was changed")
      return
    }
    #expect(granted.roles == ["admin", "user"])
    #expect(granted.epoch == account.epoch)
    #expect(try store.grant(admin, to: Sample.name("alice")) == .unchanged(granted))
    #expect(try store.revoke(admin, from: Sample.name("alice")) == .changed(account))
    #expect(try store.revoke(admin, from: Sample.name("alice")) == .unchanged(account))
    // Roles are compared with case.
    #expect(try store.revoke(RoleName("User"), from: Sample.name("alice")) == .unchanged(account))
  }

  @Test func `a deleted account is gone with its roles, and its name begins anew under another id`() throws {
    let old = try store.register("alice", "old password", roles: ["admin"])
    #expect(try store.delete(Sample.name("Alice")))
    #expect(try !store.delete(Sample.name("alice")))
    #expect(try store.find(Sample.name("alice")) == nil)
    #expect(try store.logIn("alice", "old password") == nil)
    let new = try store.register("alice", "new password", roles: [])
    #expect(new.id != old.id)
    #expect(new.roles.isEmpty)
    #expect(try store.logIn("alice", "old password") == nil)
  }

  @Test func `what is asked of an unknown account is answered so`() throws {
    let nobody = try Sample.name("nobody")
    let before = store.hasherCount
    #expect(try store.disable(nobody) == .unknownAccount)
    #expect(try store.enable(nobody) == .unknownAccount)
    #expect(try store.grant(RoleName("admin"), to: nobody) == .unknownAccount)
    #expect(try store.revoke(RoleName("admin"), from: nobody) == .unknownAccount)
    #expect(try store.setPassword(of: nobody, to: Sample.password("12345678")) == .unknownAccount)
    #expect(store.hasherCount == before)
  }

  @Test func `threads use one store side by side`() throws {
    let store = store
    let outcomes = onThreads(8) { thread in
      (0..<25).allSatisfy { number in
        let name = "user-\(thread)-\(number)"
        guard let account = try? store.register(name), let found = try? store.logIn(name, "12345678") else {
          return false
        }
        return found == account
      }
    }
    #expect(outcomes.allSatisfy { $0 })
    #expect(try store.list(limit: 1000).count == 200)
  }
}
