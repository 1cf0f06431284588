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
  @usableFromInline struct Entry {
    /// Ends with the token; what stands before it is its owner's.
    @usableFromInline var memory: [UInt8] = []
    @usableFromInline var value: Value?
    @usableFromInline var tokenStart: Int32 = 0
    /// Whether it was asked for since it came, or since it was last spared.
    @usableFromInline var wasUsed = false

    @usableFromInline init() {}

    /// Whether it is kept for exactly these bytes.
    @inlinable func isFor(_ token: Span<UInt8>) -> Bool {
      value != nil && isSame(memory, from: Int(tokenStart), token)
    }
  }

  /// The hash of each entry's token: beside each other, so that a look at those of a set is a look at one line of the cache.
  @usableFromInline var hashes: [UInt64]
  @usableFromInline var entries: [Entry]
  @usableFromInline var generation: UInt64 = 0
  private let seeded = SeededHash()

  /// An empty cache.
  package init() {
    let count = TokenCacheLimits.setCount * TokenCacheLimits.entriesPerSet
    hashes = Array(repeating: 0, count: count)
    entries = Array(repeating: Entry(), count: count)
  }

  /// The hash that this cache knows a token by, for the two methods below.
  package func hash(of token: Span<UInt8>) -> UInt64 { seeded.hash(token) }

  /// What was kept for exactly these bytes under this generation.
  @inlinable package mutating func value(
    for token: Span<UInt8>, hash: UInt64, generation: UInt64
  ) -> Value? {
    if generation != self.generation { begin(generation) }
    guard let place = place(of: token, hash: hash) else { return nil }
    if !entries[place].wasUsed { entries[place].wasUsed = true }
    return entries[place].value
  }

  /// Keeps a value for exactly these bytes under this generation, in the place of whatever has to go for it.
  package mutating func insert(_ value: Value, for token: Span<UInt8>, hash: UInt64, generation: UInt64) {
    insert(value, for: token, endOf: token.array, hash: hash, generation: generation)
  }

  /// Keeps a value for a token of which there is a copy already, as the end of memory that the value uses as well.
  ///
  /// - Parameter memory: ends with the token's bytes.
  package mutating func insert(
    _ value: Value, for token: Span<UInt8>, endOf memory: [UInt8], hash: UInt64, generation: UInt64
  ) {
    if generation != self.generation { begin(generation) }
    let tokenStart = memory.count - token.count
    guard memory.count <= TokenCacheLimits.bytesPerSet, tokenStart >= 0, isSame(memory, from: tokenStart, token) else {
      return
    }
    let places = Self.places(of: hash)
    let place = place(of: token, hash: hash) ?? freePlace(in: places, for: hash)
    entries[place] = Entry()
    while places.reduce(0, { $0 + entries[$1].memory.count }) + memory.count > TokenCacheLimits.bytesPerSet {
      entries[victim(in: places, for: hash)] = Entry()
    }
    hashes[place] = hash
    entries[place].memory = memory
    entries[place].tokenStart = Int32(tokenStart)
    entries[place].value = value
  }

  /// How many tokens it holds.
  package var count: Int { entries.count { $0.value != nil } }

  /// How many bytes its memory for tokens has.
  package var byteCount: Int { entries.reduce(0) { $0 + $1.memory.count } }

  /// Forgets everything that was known under another generation.
  @usableFromInline mutating func begin(_ generation: UInt64) {
    for place in entries.indices where entries[place].value != nil { entries[place] = Entry() }
    self.generation = generation
  }

  /// Where the token stands.
  ///
  /// Looks through a span, which leaves the reference counts of what it passes alone.
  @inlinable func place(of token: Span<UInt8>, hash: UInt64) -> Int? {
    let (hashes, entries) = (hashes.span, entries.span)
    for place in Self.places(of: hash) where hashes[place] == hash && entries[place].isFor(token) { return place }
    return nil
  }

  @inlinable static func places(of hash: UInt64) -> Range<Int> {
    let first = Int(truncatingIfNeeded: hash & UInt64(TokenCacheLimits.setCount &- 1)) &* TokenCacheLimits.entriesPerSet
    return first..<(first &+ TokenCacheLimits.entriesPerSet)
  }

  private mutating func freePlace(in places: Range<Int>, for hash: UInt64) -> Int {
    for place in places where entries[place].value == nil { return place }
    return victim(in: places, for: hash)
  }

  /// The next entry that wasn't asked for, beginning where the hash says; those passed over are spared this once.
  private mutating func victim(in places: Range<Int>, for hash: UInt64) -> Int {
    let start = Int(truncatingIfNeeded: hash >> 32)
    for step in 0..<(2 * places.count) {
      let place = places.lowerBound + (start &+ step) & (places.count - 1)
      guard entries[place].value != nil else { continue }
      if !entries[place].wasUsed { return place }
      entries[place].wasUsed = false
    }
    return places.lowerBound
  }
}

/// Whether the memory from there on is the token.
///
/// Not generic, so that it is one call from where the cache is made for its values.
@usableFromInline func isSame(_ memory: borrowing [UInt8], from start: Int, _ token: Span<UInt8>) -> Bool {
  memory.span.extracting(start...).equals(token)
}
