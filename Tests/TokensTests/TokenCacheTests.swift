import Bytes
import Testing
import Tokens

@Suite struct `Cache of tokens` {
  final class Known: TokenKeeper {
    let name: String
    private let token: [UInt8]

    init(_ name: String, _ token: [UInt8], holding heldByteCount: Int? = nil) {
      self.name = name
      self.heldByteCount = heldByteCount ?? token.count
      self.token = token
    }

    func isFor(_ token: Span<UInt8>) -> Bool { self.token == token.array }
    let heldByteCount: Int
  }

  /// A cache behind arrays, since spans can't be given to expectations.
  struct Cache: ~Copyable {
    var tokens = TokenCache<Known>(byteCountMax: 1 << 20)

    mutating func insert(_ token: [UInt8], _ name: String, hash: UInt64? = nil, generation: UInt64 = 1) {
      let hash = hash ?? tokens.hash(of: token.span)
      tokens.insert(Known(name, token), for: token.span, hash: hash, generation: generation)
    }

    mutating func name(_ token: [UInt8], hash: UInt64? = nil, generation: UInt64 = 1) -> String? {
      let hash = hash ?? tokens.hash(of: token.span)
      return tokens.value(for: token.span, hash: hash, generation: generation)?.name
    }
  }

  @Test func `what was kept for a token is found by its whole bytes`() {
    var cache = Cache()
    let token = Sample.token()
    cache.insert(token, "alice")
    let found = cache.name(token)
    #expect(found == "alice")
    for place in token.indices {
      var other = token
      other[place] ^= 1
      let foundForOther = cache.name(other)
      #expect(foundForOther == nil)
    }
    let (prefix, longer) = (Array(token.dropLast()), token + [0])
    let foundForPrefix = cache.name(prefix)
    let foundForLonger = cache.name(longer)
    let foundForNothing = cache.name([])
    #expect(foundForPrefix == nil && foundForLonger == nil && foundForNothing == nil)
  }

  @Test func `tokens of one hash are told apart by their bytes`() {
    var cache = Cache()
    let tokens = (0..<4).map { Array("token \($0)".utf8) }
    for token in tokens { cache.insert(token, "\(token)", hash: 42) }
    for token in tokens {
      let found = cache.name(token, hash: 42)
      #expect(found == "\(token)")
    }
    let foundForStranger = cache.name(Array("token 5".utf8), hash: 42)
    #expect(foundForStranger == nil)
  }

  @Test func `a value is kept for the token that it was made for, and for no other`() {
    var cache = Cache()
    let token = Sample.token()
    cache.tokens.insert(Known("alice", token + [0]), for: token.span, hash: 42, generation: 1)
    let found = cache.name(token, hash: 42)
    let count = cache.tokens.count
    #expect(found == nil && count == 0)
  }

  @Test func `another generation knows nothing of the one before`() {
    var cache = Cache()
    let token = Sample.token()
    cache.insert(token, "old", generation: 1)
    let foundByNext = cache.name(token, generation: 2)
    let foundByFirstAgain = cache.name(token, generation: 1)
    #expect(foundByNext == nil && foundByFirstAgain == nil)
    cache.insert(token, "new", generation: 3)
    let found = cache.name(token, generation: 3)
    let count = cache.tokens.count
    #expect(found == "new" && count == 1)
  }

  @Test func `the same token is kept once, with what was said last`() {
    var cache = Cache()
    let token = Sample.token()
    cache.insert(token, "first")
    cache.insert(token, "second")
    let found = cache.name(token)
    let count = cache.tokens.count
    #expect(found == "second" && count == 1)
  }

  @Test func `a token in use outlives a flood of others in its set`() {
    var cache = Cache()
    let token = Sample.token()
    cache.insert(token, "alice", hash: 7)
    for round in 0..<1000 {
      let found = cache.name(token, hash: 7)
      #expect(found == "alice")
      cache.insert(Array("flood \(round)".utf8), "x", hash: 7)
    }
    let count = cache.tokens.count
    #expect(count == TokenCacheLimits.entriesPerSet)
  }

  @Test func `no more tokens than allowed are kept`() {
    var cache = Cache()
    for index in 0..<20_000 {
      let token = Array("token \(index)".utf8)
      cache.insert(token, "x")
    }
    let filled = cache.tokens.count
    #expect(filled <= TokenCacheLimits.setCount * TokenCacheLimits.entriesPerSet)
    #expect(filled > TokenCacheLimits.setCount * 3, "a seeded hash spreads what comes in order")
  }

  @Test func `no more bytes than allowed are kept, in whatever order large and small ones come`() {
    var cache = TokenCache<Known>(byteCountMax: 100_000)
    var random = SystemRandomNumberGenerator()
    for index in 0..<3000 {
      let token = Array("token \(index)".utf8)
      let known = Known("x", token, holding: Int.random(in: 1...20_000, using: &random))
      cache.insert(known, for: token.span, hash: cache.hash(of: token.span), generation: 1)
      let bytes = cache.byteCount
      #expect(bytes <= 100_000)
      let found = cache.value(for: token.span, hash: cache.hash(of: token.span), generation: 1) === known
      #expect(found, "what came last is there")
    }
    let bytes = cache.byteCount
    #expect(bytes > 50_000, "nothing is thrown away without need")
    let whole = Known("all", [1], holding: 100_000)
    cache.insert(whole, for: [1].span, hash: 5, generation: 1)
    let (count, held) = (cache.count, cache.byteCount)
    #expect(count == 1 && held == 100_000)
    cache.insert(Known("more", [2], holding: 100_001), for: [2].span, hash: 6, generation: 1)
    let unchanged = cache.count
    #expect(unchanged == 1, "what is too large is not kept, and pushes nothing out")
    _ = cache.value(for: [1].span, hash: 5, generation: 2) === nil
    let afterwards = cache.byteCount
    #expect(afterwards == 0)
  }

  @Test func `a token in use outlives a flood of large ones`() {
    var cache = TokenCache<Known>(byteCountMax: 100_000)
    let token = Sample.token()
    cache.insert(Known("alice", token), for: token.span, hash: cache.hash(of: token.span), generation: 1)
    for index in 0..<500 {
      let found = cache.value(for: token.span, hash: cache.hash(of: token.span), generation: 1)?.name
      #expect(found == "alice", "\(index)")
      let other = Array("flood \(index)".utf8)
      let large = Known("x", other, holding: 9000)
      cache.insert(large, for: other.span, hash: cache.hash(of: other.span), generation: 1)
    }
  }

  @Test func `what is dropped is let go`() {
    var cache = Cache()
    weak var known: Known?
    do {
      let token = Sample.token()
      let value = Known("alice", token)
      known = value
      cache.tokens.insert(value, for: token.span, hash: 1, generation: 1)
    }
    #expect(known != nil)
    _ = cache.name([], generation: 2)
    #expect(known == nil)
  }
}

@Suite struct `Seeded hash` {
  @Test func `it is the same for the same bytes and seed only`() {
    let bytes = Array((0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    for count in 0...300 {
      let text = Array(bytes.prefix(count))
      let one = SeededHash(seed: 1, 2).hash(text.span)
      let again = SeededHash(seed: 1, 2).hash(text.span)
      let other = SeededHash(seed: 1, 3).hash(text.span)
      let fresh = SeededHash().hash(text.span)
      #expect(one == again && one != other && one != fresh)
    }
  }

  @Test func `every bit of every byte changes it, and so does the length`() {
    let hash = SeededHash(seed: 0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344)
    var seen: Set<UInt64> = []
    var count = 0
    for length in [0, 1, 7, 8, 15, 16, 17, 31, 32, 63, 64, 65, 100, 128, 200] {
      let zeros = [UInt8](repeating: 0, count: length)
      seen.insert(hash.hash(zeros.span))
      count += 1
      for bit in 0..<(8 * length) {
        var bytes = zeros
        bytes[bit / 8] = 1 << UInt8(bit % 8)
        seen.insert(hash.hash(bytes.span))
        count += 1
      }
    }
    #expect(seen.count == count)
  }
}
