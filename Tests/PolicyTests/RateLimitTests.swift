import Configuration
import Policy
import Testing

/// The limiter, by a clock that the test moves.
@Suite struct RateLimitTests {
  private static let second: Int64 = 1_000_000_000

  private func limiter(_ requests: Int, per: Duration = .seconds(1), burst: Int? = nil, countMax: Int = 100)
    -> RateLimitTable
  {
    RateLimitTable(RateLimit(RateLimitConfiguration(requests: requests, period: per, burst: burst)), countMax: countMax)
  }

  /// The number that pass of so many at once.
  private func passing(_ limiter: inout RateLimitTable, _ count: Int, at now: Int64, of caller: String = "a") -> Int {
    (0..<count).count { _ in limiter.admit(caller, now: now) == nil }
  }

  @Test(arguments: [(1, 1), (10, 10), (10, 1), (10, 50), (1000, 3)])
  func `as many come at once as the burst says, and then as many as the rate says`(requests: Int, burst: Int) {
    var limiter = limiter(requests, burst: burst)
    #expect(passing(&limiter, burst + 10, at: 0) == burst)
    var passed = 0
    // Steps of a tenth of an interval, for ten seconds.
    let step = Self.second / Int64(requests) / 10
    for number in 1...(requests * 100) where limiter.admit("a", now: Int64(number) * step) == nil { passed += 1 }
    #expect(abs(passed - requests * 10) <= 1)
  }

  @Test func `the wait is the time until one passes`() {
    var limiter = limiter(2)
    #expect(passing(&limiter, 2, at: 0) == 2)
    #expect(limiter.admit("a", now: 0) == Self.second / 2)
    #expect(limiter.admit("a", now: Self.second / 4) == Self.second / 4)
    #expect(limiter.admit("a", now: Self.second / 2) == nil)
    #expect(limiter.admit("a", now: Self.second / 2) == Self.second / 2, "refused requests cost nothing")
  }

  @Test func `callers are counted each by himself`() {
    var limiter = limiter(3)
    for caller in ["a", "b", "c"] { #expect(passing(&limiter, 5, at: 0, of: caller) == 3) }
  }

  @Test func `an allowance that was not used does not grow beyond the burst`() {
    var limiter = limiter(10)
    #expect(passing(&limiter, 20, at: 0) == 10)
    #expect(passing(&limiter, 20, at: 3600 * Self.second) == 10)
  }

  @Test func `what is kept is bounded, and those with a whole allowance go first`() {
    var limiter = limiter(1, per: .seconds(10), countMax: 64)
    for number in 0..<32 { _ = limiter.admit("old \(number)", now: 0) }
    for number in 0..<32 { _ = limiter.admit("new \(number)", now: 11 * Self.second) }
    #expect(limiter.admit("one more", now: 11 * Self.second) == nil)
    #expect(limiter.count == 33)
    #expect((0..<32).allSatisfy { limiter.admit("new \($0)", now: 12 * Self.second) != nil })
    for number in 0..<10_000 { _ = limiter.admit("flood \(number)", now: 12 * Self.second) }
    #expect(limiter.count <= 64)
  }

  @Test func `the longest periods and greatest numbers do not overflow`() {
    var huge = limiter(1, per: .seconds(Int64.max / 4), burst: .max)
    #expect(huge.admit("a", now: 1 << 60) == nil)
    var fine = limiter(.max, per: .milliseconds(1))
    #expect(passing(&fine, 1000, at: 0) == 1000)
  }
}
