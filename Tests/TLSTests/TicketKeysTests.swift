import Testing

@testable import TLS

/// The keys under which sessions are handed to clients.
@Suite struct `The keys of tickets` {
  private static let hour = 3600

  /// True for a key that asks for a new ticket; nil where there is none.
  private func isOld(_ name: [UInt8], in keys: TicketKeys, at now: Int) -> Bool? {
    keys.key(named: name.span, at: now)?.isOld
  }

  @Test func `stay for twelve hours, then change`() throws {
    let keys = try TicketKeys(now: 0)
    let first = try #require(keys.current(at: 0)).name
    #expect(keys.current(at: 12 * Self.hour - 1)?.name == first)
    #expect(keys.current(at: 12 * Self.hour)?.name != first)
  }

  @Test func `open what they closed for two more such times, and ask for a new ticket then`() throws {
    let keys = try TicketKeys(now: 0)
    let first = try #require(keys.current(at: 0)).name
    #expect(isOld(first, in: keys, at: 1) == false)
    _ = keys.current(at: 13 * Self.hour)
    #expect(isOld(first, in: keys, at: 13 * Self.hour) == true)
    _ = keys.current(at: 26 * Self.hour)
    #expect(isOld(first, in: keys, at: 26 * Self.hour) == true)
    #expect(isOld(first, in: keys, at: 36 * Self.hour) == nil)
  }

  @Test func `are three at most`() throws {
    let keys = try TicketKeys(now: 0)
    var names: [[UInt8]] = []
    for step in 0..<5 { names.append(try #require(keys.current(at: step * 12 * Self.hour)).name) }
    #expect(Set(names).count == 5)
    #expect(names.map { isOld($0, in: keys, at: 48 * Self.hour) != nil } == [false, false, true, true, true])
  }

  @Test func `change when the clock is set back, so that none lasts for ever`() throws {
    let keys = try TicketKeys(now: 100 * Self.hour)
    let first = try #require(keys.current(at: 100 * Self.hour)).name
    #expect(keys.current(at: 50 * Self.hour)?.name != first)
  }

  @Test func `do not know the tickets of others`() throws {
    let keys = try TicketKeys(now: 0)
    #expect(isOld([UInt8](repeating: 0, count: 16), in: keys, at: 0) == nil)
    let other = try #require(TicketKeys(now: 0).current(at: 0))
    #expect(isOld(other.name, in: keys, at: 0) == nil)
  }
}
