import Testing

@testable import Observability

@Suite struct `The current second as text` {
  static func texts(_ cache: DateCache) -> [String] {
    [cache.imfFixdate, cache.iso8601, cache.commonLog].map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `has the forms of Date and of both access logs`() {
    var cache = DateCache()
    cache.update(unixTime: 1_735_689_599.9)
    #expect(
      Self.texts(cache) == ["Tue, 31 Dec 2024 23:59:59 GMT", "2024-12-31T23:59:59Z", "31/Dec/2024:23:59:59 +0000"])
    cache.update(unixTime: 1_735_689_600)
    #expect(
      Self.texts(cache) == ["Wed, 01 Jan 2025 00:00:00 GMT", "2025-01-01T00:00:00Z", "01/Jan/2025:00:00:00 +0000"])
  }

  @Test func `follows a clock that is set back`() {
    var cache = DateCache()
    cache.update(unixTime: 1_735_689_600)
    cache.update(unixTime: 0)
    #expect(Self.texts(cache)[1] == "1970-01-01T00:00:00Z")
  }
}
