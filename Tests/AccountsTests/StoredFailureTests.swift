import Configuration
import TestSupport
import Testing

@testable import Accounts

/// Failed logins in the database: they count on after a restart, by another monotonic clock.
@Suite struct StoredFailureTests {
  let scratch: TemporaryDirectory
  let store: AccountStore
  static let network = ClientNetwork(v4: 0xC000_0201)

  init() throws {
    scratch = try TemporaryDirectory()
    store = try Sample.store(scratch("accounts.db"))
  }

  private static func nanoseconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9) }

  /// Fails so many logins; true if all were admitted.
  private func fail(_ throttle: LoginThrottle, _ count: Int, at seconds: Double) -> Bool {
    (0..<count).allSatisfy { _ in
      switch throttle.admit("alice", from: Self.network, now: Self.nanoseconds(seconds)) {
      case .admitted(let attempt):
        attempt.fail(now: Self.nanoseconds(seconds))
        return true
      case .delayed: return false
      }
    }
  }

  /// The delay in seconds; 0 for none.
  private func delay(_ throttle: LoginThrottle, at seconds: Double) -> Int {
    switch throttle.admit("alice", from: Self.network, now: Self.nanoseconds(seconds)) {
    case .admitted(let attempt):
      attempt.abandon(now: Self.nanoseconds(seconds))
      return 0
    case .delayed(let wait, _): return wait
    }
  }

  @Test func `counts and delays go on where they were`() throws {
    let policy = ThrottlePolicy(failures: 3)
    let before = LoginThrottle(policy: policy)
    #expect(fail(before, 4, at: 1000))
    #expect(delay(before, at: 1000) == 1)
    #expect(fail(before, 1, at: 1001))
    try before.save(to: store, events: [], now: Self.nanoseconds(1001), unixTime: Sample.now)
    // The next process has been up for a second.
    let after = LoginThrottle(policy: policy)
    try after.restore(from: store, now: Self.nanoseconds(1), unixTime: Sample.now + 0.5)
    #expect(delay(after, at: 1) == 2)
    #expect(delay(after, at: 2.6) == 0)
    #expect(fail(after, 1, at: 2.6))
    #expect(delay(after, at: 2.6) == 4)
  }

  @Test func `failures that start no delay yet are counted on, and a success is the end of them`() throws {
    let policy = ThrottlePolicy(failures: 3)
    let before = LoginThrottle(policy: policy)
    #expect(fail(before, 3, at: 10))
    try before.save(to: store, events: [], now: Self.nanoseconds(10), unixTime: Sample.now)
    let after = LoginThrottle(policy: policy)
    try after.restore(from: store, now: 0, unixTime: Sample.now)
    guard case .admitted(let attempt) = after.admit("alice", from: Self.network, now: 0) else { throw Unexpected() }
    attempt.succeed(now: 0)
    try after.save(to: store, events: [], now: 0, unixTime: Sample.now)
    #expect(try store.rows("SELECT count(*) FROM failed_logins WHERE account = 'alice'") == ["0"])
    #expect(try store.rows("SELECT count(*) FROM failed_logins") == ["1"], "those of the network stay")
  }

  struct Unexpected: Error {}

  @Test func `what counts no more is not taken over, and removed`() throws {
    let throttle = LoginThrottle(policy: ThrottlePolicy(failures: 3))
    #expect(fail(throttle, 2, at: 10))
    try throttle.save(to: store, events: [], now: Self.nanoseconds(10), unixTime: Sample.now)
    let after = LoginThrottle(policy: ThrottlePolicy(failures: 3))
    try after.restore(from: store, now: 0, unixTime: Sample.now + 3600)
    #expect(fail(after, 4, at: 1))
    while try store.removeExpired(now: Sample.now + 3600, grace: 0) {}
    #expect(try store.rows("SELECT count(*) FROM failed_logins") == ["0"])
  }

  @Test func `events come with the failures`() throws {
    let stamp = ChangeStamp(now: Sample.now, by: .user(address: "192.0.2.1", userAgent: nil))
    let event = StampedEvent(AccountEvent.Draft(.loginFailed, user: "alice"), stamp)
    try LoginThrottle(policy: nil).save(to: store, events: [event, event], now: 0, unixTime: Sample.now)
    #expect(try store.events(limit: 10).map(\.kind) == ["login_failed", "login_failed"])
  }

  @Test func `the first refusal of each delay is told`() {
    let throttle = LoginThrottle(policy: ThrottlePolicy(failures: 1))
    #expect(fail(throttle, 2, at: 1))
    var firsts: [Bool] = []
    for seconds in [1, 1.5, 1.6] {
      if case .delayed(_, let isFirst) = throttle.admit("alice", from: Self.network, now: Self.nanoseconds(seconds)) {
        firsts.append(isFirst)
      }
    }
    #expect(firsts == [true, false, false])
    #expect(fail(throttle, 1, at: 2))
    if case .delayed(_, let isFirst) = throttle.admit("alice", from: Self.network, now: Self.nanoseconds(2)) {
      #expect(isFirst)
    }
  }

  @Test(arguments: [
    ClientNetwork.local, .unknown, ClientNetwork(v4: 0), ClientNetwork(v4: .max), ClientNetwork(v6: .max),
  ])
  func `a network is read back`(network: ClientNetwork) { #expect(ClientNetwork(text: network.text) == network) }
}
