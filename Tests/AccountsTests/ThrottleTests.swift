import Configuration
import TestSupport
import Testing

@testable import Accounts

/// A throttle's table with a clock that the test moves, in seconds.
private struct Clocked {
  var table: ThrottleTable
  var seconds = 1000.0
  var now: Int64 { Int64(seconds * 1e9) }

  init(_ policy: ThrottlePolicy = ThrottlePolicy()) { table = ThrottleTable(policy: policy) }

  /// The seconds to wait, nil if a login is admitted.
  mutating func admit(_ name: String = "alice", from network: ClientNetwork = .init(v4: 1)) -> Int? {
    table.admit(name, from: network, now: now)
  }

  mutating func settle(
    _ outcome: ThrottleTable.Outcome, _ name: String = "alice", from network: ClientNetwork = .init(v4: 1)
  ) { table.settle(name, from: network, outcome, now: now) }

  /// A login from start to end; the seconds to wait if it is not admitted.
  @discardableResult
  mutating func logIn(
    _ outcome: ThrottleTable.Outcome = .failure, _ name: String = "alice", from network: ClientNetwork = .init(v4: 1)
  ) -> Int? {
    if let wait = admit(name, from: network) { return wait }
    settle(outcome, name, from: network)
    return nil
  }

  /// The number of admitted logins, of so many one right after the other.
  mutating func admitted(
    _ count: Int, _ outcome: ThrottleTable.Outcome = .failure, _ name: String = "alice",
    from network: ClientNetwork = .init(v4: 1)
  ) -> Int { (0..<count).count { _ in logIn(outcome, name, from: network) == nil } }
}

@Suite struct ThrottleTests {
  @Test func `ten failures are free and the eleventh starts a delay`() {
    var clocked = Clocked()
    #expect(clocked.admitted(100) == 11)
    #expect(clocked.admit() == 1)
  }

  @Test func `each further failure doubles the delay, from a second to a quarter of an hour`() {
    var clocked = Clocked()
    #expect(clocked.admitted(11) == 11)
    var delays: [Int] = []
    for _ in 0..<14 {
      let wait = clocked.admit() ?? 0
      delays.append(wait)
      clocked.seconds += Double(wait) - 0.5
      #expect(clocked.admit() == 1)
      clocked.seconds += 0.5
      #expect(clocked.logIn() == nil)
    }
    #expect(delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900])
  }

  @Test func `only failures within the window count`() {
    var clocked = Clocked()
    #expect(clocked.admitted(5) == 5)
    clocked.seconds += 899
    #expect(clocked.admitted(5) == 5)
    clocked.seconds += 2
    // The first five have expired, so that five more are free, and one that isn't.
    #expect(clocked.admitted(100) == 6)
  }

  @Test func `a slow trickle is never delayed`() {
    var clocked = Clocked()
    for _ in 0..<500 {
      #expect(clocked.logIn() == nil)
      clocked.seconds += 90.1
    }
  }

  @Test func `a window without a failure after the delay forgets it`() {
    var clocked = Clocked()
    #expect(clocked.admitted(11) == 11)
    clocked.seconds += 900
    // One failure in the window after the delay is the next of the series.
    #expect(clocked.logIn() == nil)
    #expect(clocked.admit() == 2)
    clocked.seconds += 2 + 900
    #expect(clocked.admitted(100) == 11)
    #expect(clocked.admit() == 1)
  }

  @Test func `success clears the account's count`() {
    var clocked = Clocked()
    for _ in 0..<9 {
      #expect(clocked.admitted(10) == 10)
      #expect(clocked.logIn(.success) == nil)
    }
    // The network's count is not cleared.
    #expect(clocked.table.count == 1)
  }

  @Test func `success after a delay clears that too`() {
    var clocked = Clocked()
    #expect(clocked.admitted(11) == 11)
    clocked.seconds += 1
    #expect(clocked.logIn(.success) == nil)
    #expect(clocked.admitted(11) == 11)
    #expect(clocked.admit() == 1)
  }

  @Test func `accounts and networks are told apart`() {
    var clocked = Clocked()
    #expect(clocked.admitted(100) == 11)
    #expect(clocked.admitted(100, .failure, "bob") == 11)
    #expect(clocked.admitted(100, .failure, "alice", from: .init(v4: 2)) == 11)
    #expect(clocked.admitted(100, .failure, "alice", from: .init(v6: 2 << 64)) == 11)
    #expect(clocked.admitted(100, .failure, "alice", from: .local) == 11)
  }

  @Test func `a network is an IPv4 address or the first half of an IPv6 one`() {
    #expect(ClientNetwork(v4: 1) != ClientNetwork(v4: 2))
    #expect(ClientNetwork(v6: 7 << 64 | 1) == ClientNetwork(v6: 7 << 64 | 2))
    #expect(ClientNetwork(v6: 7 << 64) != ClientNetwork(v6: 8 << 64))
    #expect(ClientNetwork(v6: 0xFFFF_C000_0201) == ClientNetwork(v4: 0xC000_0201))
    #expect(ClientNetwork(v4: 0) != ClientNetwork(v6: 0))
    #expect(ClientNetwork(v4: 0) != .local)
    #expect(ClientNetwork(v6: 0) != .local)
  }

  @Test func `a hundred failures of a network over all accounts delay the network`() {
    var clocked = Clocked()
    for number in 0..<100 { #expect(clocked.logIn(.failure, "user\(number)") == nil) }
    #expect(clocked.admit("somebody else") == 1)
    #expect(clocked.admit("somebody else", from: .init(v4: 2)) == nil)
    clocked.seconds += 1
    #expect(clocked.logIn(.failure, "somebody else") == nil)
    #expect(clocked.admit("yet another") == 2)
  }

  @Test func `logging in oneself does not buy a network more guesses`() {
    var clocked = Clocked()
    var guesses = 0
    for number in 0..<200 where clocked.logIn(.failure, "user\(number)") == nil {
      guesses += 1
      _ = clocked.logIn(.success, "me")
    }
    #expect(guesses == 100)
  }

  @Test func `a network that was delayed is free after a window without a failure, however many log in meanwhile`() {
    var clocked = Clocked()
    for number in 0..<101 { clocked.logIn(.failure, "user\(number)") }
    #expect(clocked.admit("somebody") == 1)
    for _ in 0..<4 {
      clocked.seconds += 300
      #expect(clocked.logIn(.success, "worker") == nil)
    }
    // As at the beginning: two at a time, and a hundred failures.
    #expect(clocked.admit("one") == nil)
    #expect(clocked.admit("two") == nil)
    clocked.settle(.failure, "one")
    clocked.settle(.failure, "two")
    #expect(clocked.admit("three") == nil)
  }

  @Test func `guesses side by side share the budget`() {
    var clocked = Clocked()
    #expect((0..<100).count { _ in clocked.admit() == nil } == 11)
    #expect(clocked.admit() == 1)
    for _ in 0..<11 { clocked.settle(.failure) }
    // The eleventh has started a delay, the first of its series.
    #expect(clocked.admit() == 1)
    clocked.seconds += 1
    // From now on one at a time.
    #expect((0..<100).count { _ in clocked.admit() == nil } == 1)
    clocked.settle(.failure)
    #expect(clocked.admit() == 2)
  }

  @Test func `guesses side by side over many accounts share the network's budget`() {
    var clocked = Clocked()
    #expect((0..<300).count { clocked.admit("user\($0)") == nil } == 100)
  }

  @Test func `logins side by side that succeed leave nothing behind`() {
    var clocked = Clocked()
    for _ in 0..<11 { #expect(clocked.admit() == nil) }
    for _ in 0..<11 { clocked.settle(.success) }
    #expect(clocked.table.count == 0)
  }

  @Test func `a login that was not judged counts for nothing`() {
    var clocked = Clocked()
    #expect(clocked.admitted(1000, .abandoned) == 1000)
    #expect(clocked.table.count == 0)
    #expect(clocked.admitted(100) == 11)
  }

  @Test func `a failure that ends late is counted when it ends`() {
    var clocked = Clocked()
    #expect(clocked.admitted(10) == 10)
    #expect(clocked.admit() == nil)
    clocked.seconds += 30
    clocked.settle(.failure)
    #expect(clocked.admit() == 1)
    clocked.seconds += 0.9
    #expect(clocked.admit() == 1)
    clocked.seconds += 0.1
    #expect(clocked.admit() == nil)
  }

  @Test func `what is left of a second is a second`() {
    var clocked = Clocked()
    #expect(clocked.admitted(12) == 11)
    clocked.seconds += 1
    clocked.logIn()
    clocked.seconds += 0.01
    #expect(clocked.admit() == 2)
    clocked.seconds += 0.99
    #expect(clocked.admit() == 1)
    clocked.seconds += 0.999
    #expect(clocked.admit() == 1)
  }

  @Test func `failures, window and longest delay can be set`() {
    var clocked = Clocked(ThrottlePolicy(failures: 2, window: .seconds(60), maximumDelay: .seconds(3)))
    #expect(clocked.admitted(100) == 3)
    #expect(clocked.admit() == 1)
    clocked.seconds += 1
    clocked.logIn()
    #expect(clocked.admit() == 2)
    clocked.seconds += 2
    clocked.logIn()
    #expect(clocked.admit() == 3)
    clocked.seconds += 63
    #expect(clocked.admitted(100) == 3)
    // The network: ten times as many.
    clocked = Clocked(ThrottlePolicy(failures: 2))
    #expect((0..<100).count { clocked.logIn(.failure, "user\($0)") == nil } == 20)
  }

  @Test func `a policy is kept within what can be counted`() {
    let least = ThrottlePolicy(failures: -1, window: .seconds(-5), maximumDelay: .zero)
    #expect(least == ThrottlePolicy(failures: 1, window: .seconds(1), maximumDelay: .seconds(1)))
    let most = ThrottlePolicy(failures: .max, window: .seconds(Int64.max), maximumDelay: .seconds(Int64.max))
    var clocked = Clocked(most)
    clocked.seconds = 4e9
    for _ in 0..<ThrottlePolicy.failuresLimit { clocked.logIn() }
    for level in 0..<32 {
      #expect(clocked.logIn() == nil)
      clocked.seconds += level < 28 ? Double(1 << level) : 315_360_000
    }
  }

  @Test func `the table is bounded, and forgets first what was not used for longest`() {
    var clocked = Clocked()
    clocked.table = ThrottleTable(policy: ThrottlePolicy(), accountLimit: 80, networkLimit: 40)
    for number in 0..<1000 {
      clocked.seconds += 0.001
      clocked.logIn(.failure, "user\(number)", from: .init(v4: UInt32(number)))
      #expect(clocked.table.count <= 120)
    }
    #expect(clocked.table.count >= 100)
    // The last ones are still counted: one failure of eleven was theirs.
    for number in 970..<1000 {
      #expect(clocked.admitted(20, .failure, "user\(number)", from: .init(v4: UInt32(number))) == 10)
    }
    #expect(clocked.admitted(20, .failure, "user0", from: .init(v4: 0)) == 11)
  }

  @Test func `what has expired is forgotten before anything else`() {
    var clocked = Clocked()
    clocked.table = ThrottleTable(policy: ThrottlePolicy(), accountLimit: 80, networkLimit: 80)
    for number in 0..<80 { clocked.logIn(.failure, "old\(number)", from: .init(v4: UInt32(number))) }
    clocked.seconds += 901
    clocked.logIn(.failure, "new", from: .init(v4: 1000))
    #expect(clocked.table.count == 2)
  }

  @Test func `a flood from elsewhere ends neither a delay that is running nor a login under way`() {
    var clocked = Clocked()
    clocked.table = ThrottleTable(policy: ThrottlePolicy(), accountLimit: 80, networkLimit: 40)
    #expect(clocked.admitted(11, .failure, "delayed") == 11)
    for _ in 0..<11 { #expect(clocked.admit("under way") == nil) }
    for number in 0..<5000 { clocked.logIn(.failure, "x", from: .init(v4: UInt32(number + 10))) }
    #expect(clocked.admit("delayed") == 1)
    #expect(clocked.admit("under way") == 1)
  }

  @Test func `the default bounds hold the failures of a window`() {
    let clocked = Clocked()
    // Two threads that do a hash each in a tenth of a second, for a quarter of an hour.
    #expect(clocked.table.accountLimit >= 18_000)
    #expect(clocked.table.networkLimit >= 4096)
  }
}

@Suite struct `A throttle shared by threads` {
  private func isAdmitted(_ throttle: LoginThrottle, _ name: String, now: Int64 = 0, _ end: ThrottleTable.Outcome?)
    -> Bool
  {
    switch throttle.admit(name, from: .init(v4: 1), now: now) {
    case .delayed: return false
    case .admitted(let attempt):
      switch end {
      case .success: attempt.succeed(now: now)
      case .failure: attempt.fail(now: now)
      case .abandoned: attempt.abandon(now: now)
      case nil: break
      }
      return true
    }
  }

  @Test func `threads share the budget`() {
    let throttle = LoginThrottle(policy: ThrottlePolicy())
    let counts = onThreads(8) { _ in (0..<100).count { _ in isAdmitted(throttle, "alice", .failure) } }
    #expect(counts.reduce(0, +) == 11)
  }

  @Test func `a login that ends without a word has failed`() {
    let throttle = LoginThrottle(policy: ThrottlePolicy())
    #expect((0..<100).count { _ in isAdmitted(throttle, "alice", nil) } == 11)
  }

  @Test func `one that was abandoned or has succeeded has not`() {
    let throttle = LoginThrottle(policy: ThrottlePolicy())
    #expect((0..<100).count { _ in isAdmitted(throttle, "alice", .abandoned) } == 100)
    #expect((0..<100).count { _ in isAdmitted(throttle, "alice", .success) } == 100)
  }

  @Test func `spellings of one name share a count, and so do all names that can't be`() {
    let throttle = LoginThrottle(policy: ThrottlePolicy())
    let names = ["alice", "ALICE", "Alice"]
    #expect((0..<100).count { isAdmitted(throttle, names[$0 % 3], .failure) } == 11)
    let strange = ["", "a b", String(repeating: "x", count: 100_000), "é"]
    #expect((0..<100).count { isAdmitted(throttle, strange[$0 % 4], .failure) } == 11)
  }

  @Test func `it can be off, and set anew`() {
    let throttle = LoginThrottle(policy: nil)
    #expect((0..<1000).count { _ in isAdmitted(throttle, "alice", .failure) } == 1000)
    throttle.adopt(ThrottlePolicy())
    #expect((0..<1000).count { _ in isAdmitted(throttle, "alice", .failure) } == 11)
    throttle.adopt(ThrottlePolicy())
    #expect(!isAdmitted(throttle, "alice", .failure))
    throttle.adopt(ThrottlePolicy(failures: 3))
    #expect((0..<1000).count { _ in isAdmitted(throttle, "alice", .failure) } == 4)
    throttle.adopt(nil)
    #expect(isAdmitted(throttle, "alice", .failure))
  }

  @Test func `a delay says how long`() {
    let throttle = LoginThrottle(policy: ThrottlePolicy(failures: 1))
    for _ in 0..<2 { #expect(isAdmitted(throttle, "alice", .failure)) }
    switch throttle.admit("alice", from: .init(v4: 1), now: 0) {
    case .delayed(let seconds, _): #expect(seconds == 1)
    case .admitted(let attempt): attempt.abandon(now: 0); Issue.record("admitted")
    }
  }
}
