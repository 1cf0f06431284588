import Bytes

/// How much a ``TokenCache`` may hold.
@usableFromInline
package enum TokenCacheLimits {
  /// In how many places a token may stand.
  @inlinable package static var entriesPerSet: Int { 4 }
  /// A power of two; with four entries each there is room for 8,192 tokens.
  @inlinable package static var setCount: Int { 2048 }
  /// How many bytes of tokens a set may hold, as many as the longest token has; 16 MiB in all.
  @inlinable package static var bytesPerSet: Int { 8 * 1024 }
}

/// What is known of the tokens seen last, found again by their whole bytes.
///
/// A seeded hash says which set of four a token may stand in; there its bytes are compared in full, so no two tokens are ever taken
/// for each other. Both bounds hold for each set by itself: filling the cache is never more work than looking at four entries, and
/// whoever wants to push one token out can't know which others share its set. In a full set, what was never asked for again goes
/// first. Only what has been verified should be put in.
///
/// Everything belongs to one generation of keys and configuration, and goes when another is asked for. A value kept here may take
/// several times the memory of its token. Confined to one thread.
@usableFromInline
package struct TokenCache<Value: AnyObject>: ~Copyable {
  // An entry is spread over these lists, so that a look at the hashes of a set is a look at one line of the processor's cache, and
  // what is passed over is not touched at all.
  @usableFromInline var hashes: [UInt64]
  /// How many bytes an entry's token has.
  @usableFromInline var counts: [Int32]
  /// Each ends with an entry's token; what stands before it is the value's own.
  @usableFromInline var memories: [[UInt8]]
  @usableFromInline var values: [Value?]
  /// Whether an entry was asked for since it came, or since it was last spared.
  @usableFromInline var wasUsed: [Bool]
  @usableFromInline var generation: UInt64 = 0
  private let seeded = SeededHash()

  /// An empty cache.
  package init() {
    let count = TokenCacheLimits.setCount * TokenCacheLimits.entriesPerSet
    hashes = Array(repeating: 0, count: count)
    counts = Array(repeating: 0, count: count)
    memories = Array(repeating: [], count: count)
    values = Array(repeating: nil, count: count)
    wasUsed = Array(repeating: false, count: count)
  }

  /// The hash that this cache knows a token by, for the two methods below.
  package func hash(of token: Span<UInt8>) -> UInt64 { seeded.hash(token) }

  /// What was kept for exactly these bytes under this generation.
  @inlinable package mutating func value(
    for token: Span<UInt8>, hash: UInt64, generation: UInt64
  ) -> Value? {
    if generation != self.generation { begin(generation) }
    guard let place = place(of: token, hash: hash) else { return nil }
    if !wasUsed[place] { wasUsed[place] = true }
    return values[place]
  }

  /// Keeps a value for exactly these bytes under this generation, in the place of whatever has to go for it.
  package mutating func insert(_ value: Value, for token: Span<UInt8>, hash: UInt64, generation: UInt64) {
    insert(value, for: token, endOf: token.array, hash: hash, generation: generation)
  }

  /// Keeps a value for a token of which there is a copy already, at the end of memory that the value uses as well: who asks for the
  /// token's value then finds that memory fetched.
  ///
  /// - Parameter memory: ends with the token's bytes.
  package mutating func insert(
    _ value: Value, for token: Span<UInt8>, endOf memory: [UInt8], hash: UInt64, generation: UInt64
  ) {
    if generation != self.generation { begin(generation) }
    guard memory.count <= TokenCacheLimits.bytesPerSet, isEnd(of: memory, token) else { return }
    let places = Self.places(of: hash)
    let place = place(of: token, hash: hash) ?? freePlace(in: places, for: hash)
    clear(place)
    while places.reduce(0, { $0 + memories[$1].count }) + memory.count > TokenCacheLimits.bytesPerSet {
      clear(victim(in: places, for: hash))
    }
    hashes[place] = hash
    counts[place] = Int32(token.count)
    memories[place] = memory
    values[place] = value
  }

  /// How many tokens it holds.
  package var count: Int { values.count { $0 != nil } }

  /// How many bytes it keeps of tokens, and of what shares their memory.
  package var byteCount: Int { memories.reduce(0) { $0 + $1.count } }

  /// Forgets everything that was known under another generation.
  @usableFromInline mutating func begin(_ generation: UInt64) {
    for place in values.indices where values[place] != nil { clear(place) }
    self.generation = generation
  }

  private mutating func clear(_ place: Int) {
    hashes[place] = 0
    counts[place] = 0
    memories[place] = []
    values[place] = nil
    wasUsed[place] = false
  }

  /// Where the token stands.
  ///
  /// Looks through spans, which leaves the reference counts of what it passes alone. A free place has no value, and no bytes either:
  /// that it might be taken for that of a token without bytes is for ``value(for:hash:generation:)``, which finds nothing there.
  @inlinable func place(of token: Span<UInt8>, hash: UInt64) -> Int? {
    let (hashes, counts, memories) = (hashes.span, counts.span, memories.span)
    for place in Self.places(of: hash) where hashes[place] == hash {
      if Int(counts[place]) == token.count, isEnd(of: memories[place], token) { return place }
    }
    return nil
  }

  @inlinable static func places(of hash: UInt64) -> Range<Int> {
    let first = Int(truncatingIfNeeded: hash & UInt64(TokenCacheLimits.setCount &- 1)) &* TokenCacheLimits.entriesPerSet
    return first..<(first &+ TokenCacheLimits.entriesPerSet)
  }

  private mutating func freePlace(in places: Range<Int>, for hash: UInt64) -> Int {
    for place in places where values[place] == nil { return place }
    return victim(in: places, for: hash)
  }

  /// The next entry that wasn't asked for, beginning where the hash says; those passed over are spared this once.
  private mutating func victim(in places: Range<Int>, for hash: UInt64) -> Int {
    let start = Int(truncatingIfNeeded: hash >> 32)
    for step in 0..<(2 * places.count) {
      let place = places.lowerBound + (start &+ step) & (places.count - 1)
      guard values[place] != nil else { continue }
      if !wasUsed[place] { return place }
      wasUsed[place] = false
    }
    return places.lowerBound
  }
}

/// Whether the memory ends with the token.
///
/// Not generic, so that it is one call from where the cache is made for its values.
@usableFromInline func isEnd(of memory: borrowing [UInt8], _ token: Span<UInt8>) -> Bool {
  let start = memory.count - token.count
  return start >= 0 && memory.span.extracting(start...).equals(token)
}
