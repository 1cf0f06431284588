import TestSupport
import Testing

@testable import Accounts

@Suite struct EventTests {
  let scratch: TemporaryDirectory
  let store: AccountStore

  init() throws {
    scratch = try TemporaryDirectory()
    store = try Sample.store(scratch("accounts.db"))
  }

  private func kinds(of name: String? = nil) throws -> [String] {
    try store.events(of: name.map { try Sample.name($0) }, limit: 100).map { "\($0.kind) by \($0.by)" }
  }

  @Test func `every change of an account is an event, and what changes nothing is none`() throws {
    let client = ChangeStamp(now: Sample.now, by: .user(address: "192.0.2.7", userAgent: nil))
    let name = try Sample.name("alice")
    _ = try store.register(name, password: Sample.password("12345678"), roles: [], client)
    for _ in 0..<2 {
      _ = try store.grant(RoleName("admin"), to: name)
      _ = try store.setScope("a b", of: name, Sample.stamp)
      _ = try store.setClaim("plan", to: "1", of: name, Sample.stamp)
    }
    for _ in 0..<2 { _ = try store.setClaim("plan", to: nil, of: name, Sample.stamp) }
    for _ in 0..<2 { _ = try store.disable(name) }
    for _ in 0..<2 { _ = try store.enable(name) }
    for _ in 0..<2 { _ = try store.delete(name) }
    #expect(
      try kinds() == [
        "registered by user", "roles_changed by operator", "claims_changed by operator", "claims_changed by operator",
        "claims_changed by operator", "disabled by operator", "enabled by operator", "deleted by operator",
      ])
    let first = try #require(try store.events(limit: 1).first)
    #expect((first.user, first.address, first.time) == ("alice", "192.0.2.7", client.time))
  }

  @Test func `events are found by user in any case, by time and by number`() throws {
    for (name, seconds) in [("Alice", 0.0), ("bob", 10), ("Alice", 20)] {
      try store.note(
        AccountEvent.Draft(.login, user: name),
        ChangeStamp(now: Sample.now + seconds, by: .user(address: nil, userAgent: nil)))
    }
    #expect(try store.events(of: Sample.name("ALICE"), limit: 10).count == 2)
    #expect(try store.events(since: Sample.now + 5, limit: 10).count == 2)
    #expect(try store.events(of: Sample.name("alice"), since: Sample.now + 5, limit: 10).count == 1)
    #expect(try store.events(after: 1, limit: 1).map(\.number) == [2])
  }

  @Test func `events are kept for ninety days`() throws {
    try store.note(AccountEvent.Draft(.login), Sample.stamp)
    #expect(try !store.removeExpired(now: Sample.now + 89 * 86_400, grace: 0))
    #expect(try store.removeExpired(now: Sample.now + 91 * 86_400, grace: 0))
    #expect(try store.events(limit: 10).isEmpty)
  }

  // MARK: Invites

  @Test func `an invite lets as many register as it says, and brings its roles`() throws {
    let invite = try store.makeInvite(roles: [RoleName("beta")], uses: 2, lifetime: 100, Sample.stamp)
    func register(_ name: String, _ code: String, at seconds: Double = 0) throws -> Registration {
      try store.register(
        Sample.name(name), password: Sample.password("12345678"), roles: [RoleName("user")], invite: code,
        ChangeStamp(now: Sample.now + seconds, by: .user(address: nil, userAgent: nil)))
    }
    let before = store.hasherCount
    #expect(try register("alice", "unknown") == .inviteRefused)
    #expect(try register("alice", invite.code, at: 101) == .inviteRefused)
    #expect(store.hasherCount == before, "no password is hashed for a stranger")
    guard case .registered(let alice) = try register("alice", invite.code) else { throw SessionTests.Unexpected() }
    #expect(alice.roles == ["beta", "user"])
    #expect(try register("ALICE", invite.code) == .exists)
    #expect(try store.invites(now: Sample.now).map(\.uses) == [1], "what fails uses nothing up")
    guard case .registered = try register("bob", invite.code) else { throw SessionTests.Unexpected() }
    #expect(try register("carol", invite.code) == .inviteRefused)
    #expect(try store.invites(now: Sample.now).isEmpty)
    #expect(
      try kinds().filter { $0.hasPrefix("invite") } == [
        "invite_created by operator", "invite_used by user", "invite_used by user",
      ])
  }

  @Test func `of many who register with one invite at once, one does`() throws {
    let invite = try store.makeInvite(roles: [], uses: 1, lifetime: 100, Sample.stamp)
    let stores = [store, try Sample.store(store.path)]
    let outcomes = onThreads(8) { number in
      try? stores[number % 2].register(
        Sample.name("user\(number)"), password: Sample.password("12345678"), roles: [], invite: invite.code,
        Sample.stamp)
    }
    #expect(outcomes.count { if case .registered? = $0 { true } else { false } } == 1)
    #expect(outcomes.count { $0 == .inviteRefused } == 7)
  }

  @Test func `an invite can be taken back`() throws {
    let invite = try store.makeInvite(roles: [], uses: 1, lifetime: 100, Sample.stamp)
    #expect(try store.deleteInvite(invite.code))
    #expect(try !store.deleteInvite(invite.code))
    #expect(try !store.isGood(invite: invite.code, now: Sample.now))
  }
}
