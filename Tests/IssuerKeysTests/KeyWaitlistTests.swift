import Configuration
import HTTP
import Testing
import Tokens
import Transport

@testable import IssuerKeys

@Suite final class `Waiting for keys` {
  let places = KeyWaitPlaces()
  let list: KeyWaitlist
  let source: KeySource
  let now = MonotonicTime(nanoseconds: 1000)
  private var beginnings = 0
  private var woken: [Int] = []

  init() throws {
    list = KeyWaitlist(places)
    source = try Self.source("https://a.test/keys")
  }

  static func source(_ url: String) throws -> KeySource {
    KeySource(
      KeySource.Settings(
        issuer: "i", origin: .keySetURL(try HTTPURL(url)), authorities: nil, algorithms: [.es256],
        cooldown: 3_600_000_000_000))
  }

  /// Enters a request of that number.
  private func enter(_ number: Int, _ list: KeyWaitlist? = nil, _ source: KeySource? = nil) -> KeyWaitlist.Outcome {
    (list ?? self.list).enter(source ?? self.source, hasNone: false, at: now) {
      beginnings += 1
    } wake: {
      self.woken.append(number)
    }
  }

  private func wait(_ number: Int, _ list: KeyWaitlist? = nil, _ source: KeySource? = nil) throws -> KeyWait {
    guard case .wait(let wait) = enter(number, list, source) else {
      Issue.record("it does not wait")
      throw CancellationError()
    }
    return wait
  }

  private func isFull(_ outcome: KeyWaitlist.Outcome) -> Bool {
    if case .full = outcome { return true }
    return false
  }

  private func end(_ number: UInt64) {
    source.fetchEnded(number)
    list.fetchEnded(source, number: number)
  }

  @Test func `all who wait for a fetch are woken when it has ended, once`() throws {
    let waits = try (0..<3).map { try wait($0) }
    #expect(beginnings == 1)
    #expect((list.count, places.count) == (3, 3))
    #expect(waits.allSatisfy { !$0.isOver && !$0.isForNews })
    end(1)
    #expect(woken.sorted() == [0, 1, 2])
    #expect(waits.allSatisfy { $0.isOver })
    #expect((list.count, places.count) == (0, 0))
    for wait in waits { list.leave(wait) }
    end(2)
    #expect(woken.count == 3)
    #expect((list.count, places.count) == (0, 0))
  }

  @Test func `who leaves is not woken, and frees a place once`() throws {
    let (first, second) = (try wait(0), try wait(1))
    list.freePlace(of: first)
    #expect((list.count, places.count) == (2, 1))
    list.leave(first)
    list.leave(first)
    #expect((list.count, places.count) == (1, 1))
    end(1)
    #expect(woken == [1])
    list.leave(second)
    #expect((list.count, places.count) == (0, 0))
  }

  @Test func `the end of another source's fetch wakes nobody`() throws {
    let other = try Self.source("https://b.test/keys")
    _ = try wait(0)
    _ = try wait(1, list, other)
    other.fetchEnded(1)
    list.fetchEnded(other, number: 1)
    #expect(woken == [1])
    end(2)
    #expect(woken == [1, 0])
  }

  @Test func `a fetch of which only others have been told is news`() throws {
    let late = KeyWaitlist(places)
    _ = try wait(0)
    end(1)
    let news = try wait(1, late)
    #expect(news.isForNews)
    #expect(beginnings == 1)
    late.fetchEnded(source, number: 1)
    #expect(woken == [0, 1])
    let another = try wait(2, late)
    #expect(!another.isForNews)
    #expect(beginnings == 2)
  }

  @Test func `a thousand of all workers wait, and no more`() throws {
    let other = KeyWaitlist(places)
    let waits = try (0..<KeyWaitPlaces.limit).map { try wait($0, $0 % 2 == 0 ? list : other) }
    #expect(isFull(enter(-1)))
    #expect(isFull(enter(-1, other)))
    #expect(places.count == KeyWaitPlaces.limit)
    list.freePlace(of: waits[0])
    _ = try wait(KeyWaitPlaces.limit, other)
    #expect(isFull(enter(-1)))
    end(1)
    other.fetchEnded(source, number: 1)
    #expect(places.count == 0)
    #expect(woken.count == KeyWaitPlaces.limit + 1)
  }

  @Test func `without a turn there is nothing to wait for`() throws {
    for number in 1...3 {
      _ = try wait(number)
      end(UInt64(number))
    }
    guard case .refuse = enter(4) else {
      Issue.record("it waits")
      return
    }
    #expect((beginnings, places.count) == (3, 0))
  }
}
