import Bytes
internal import CSystem

/// The bounds of a ``TokenCache``.
@usableFromInline
package enum TokenCacheLimits {
  /// In how many places a token may stand.
  @inlinable package static var entriesPerSet: Int { 4 }
  /// A power of two; with four entries each there is room for 8,192 tokens.
  @inlinable package static var setCount: Int { 2048 }
  /// By how much of its end a token is looked for.
  @inlinable package static var hashedBytes: Int { 32 }
  /// The most bytes that one value may hold: a larger one is not kept, so that no value is worth a thousand others.
  @inlinable package static var bytesPerValue: Int { 256 * 1024 }
}

/// A value about a token, together with the token's own bytes.
@usableFromInline
package protocol TokenKeeper: AnyObject {
  /// Compares the token that the value is for with these bytes.
  func isFor(_ token: Span<UInt8>) -> Bool
  /// The bytes of memory that it holds, with all that goes when it goes.
  var heldByteCount: Int { get }
}

/// Values about the tokens seen last, found again by the whole bytes of the token.
///
/// A seeded hash says which set of four a token may stand in; there its bytes are compared in full, so no two tokens are ever taken
/// for each other. Whoever wants to push one token out can't know which others share its set. In a full set, what was never asked for
/// again goes first. Only what has been verified should be put in.
///
/// The bytes that all values hold are bounded too. Where a new one leaves too little room, a hand goes round over all places: it spares
/// what was asked for since it came by last, and clears the others until there is room.
///
/// Everything belongs to one generation of keys and configuration, and goes when another is asked for. Confined to one thread.
///
/// With many tokens in use, most of what a look costs is memory that the processor has to fetch: one line for the set, and then the
/// value, which the request needs in any case.
@safe
@usableFromInline
package struct TokenCache<Value: TokenKeeper>: ~Copyable {
  // SAFETY: `sets` holds `setCount` initialised sets, is owned by this value alone and freed with it; places are checked. Every value
  // in it is retained by the set that it stands in.
  @usableFromInline let sets: UnsafeMutablePointer<TokenSet<Value>>
  @usableFromInline var generation: UInt64 = 0
  private let seeded = SeededHash()
  private let byteCountMax: Int
  /// The bytes of memory that its values hold.
  package private(set) var byteCount = 0
  /// The place that is looked at next for room.
  private var hand = 0

  /// An empty cache.
  ///
  /// - Parameter byteCountMax: the most bytes of memory that its values may hold.
  package init(byteCountMax: Int) {
    self.byteCountMax = byteCountMax
    let size = unsafe MemoryLayout<TokenSet<Value>>.stride * TokenCacheLimits.setCount
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    unsafe sets = memory.bindMemory(to: TokenSet<Value>.self, capacity: TokenCacheLimits.setCount)
    unsafe sets.initialize(repeating: TokenSet(), count: TokenCacheLimits.setCount)
  }

  deinit {
    for set in 0..<TokenCacheLimits.setCount {
      for place in 0..<TokenCacheLimits.entriesPerSet { unsafe sets[set].values[place]?.release() }
    }
    unsafe sets.deallocate()
  }

  /// The hash that this cache knows a token by, for the methods below.
  ///
  /// That of the token's end, which is half a signature at least: whoever can choose what stands there can't choose what else was
  /// found good.
  package func hash(of token: Span<UInt8>) -> UInt64 {
    seeded.hash(token.extracting(last: TokenCacheLimits.hashedBytes))
  }

  /// Tells the processor to fetch the memory where the token of that hash may be kept, while there is something else to do.
  package func prefetch(_ hash: UInt64) { unsafe csystem_prefetch(set(of: hash)) }

  /// The value kept for exactly these bytes under this generation.
  @inlinable package mutating func value(
    for token: Span<UInt8>, hash: UInt64, generation: UInt64
  ) -> Value? {
    if generation != self.generation { begin(generation) }
    let set = unsafe set(of: hash)
    for place in 0..<TokenCacheLimits.entriesPerSet where unsafe set.pointee.marks[place].isOf(hash) {
      guard let value = unsafe set.pointee.values[place] else { continue }
      unsafe prefetch(value.toOpaque())
      if unsafe value._withUnsafeGuaranteedRef({ $0.isFor(token) }) {
        if unsafe !set.pointee.marks[place].wasUsed { unsafe set.pointee.marks[place].wasUsed = true }
        return unsafe value.takeUnretainedValue()
      }
    }
    return nil
  }

  /// Tells the processor to fetch a value's memory, its size unknown: a token of the usual length and what goes with it.
  @usableFromInline func prefetch(_ value: UnsafeMutableRawPointer) {
    for line in 1..<10 { unsafe csystem_prefetch(value + 64 * line) }
  }

  /// Keeps a value under this generation; another one may have to go for it.
  ///
  /// - Parameter hash: that of the token that the value is for.
  package mutating func insert(_ value: Value, for token: Span<UInt8>, hash: UInt64, generation: UInt64) {
    if generation != self.generation { begin(generation) }
    let size = value.heldByteCount
    guard size <= min(TokenCacheLimits.bytesPerValue, byteCountMax), value.isFor(token) else { return }
    let set = unsafe set(of: hash)
    let place = unsafe set.pointee.place(of: token, hash: hash) ?? set.pointee.freePlace(for: hash)
    unsafe byteCount -= set.pointee.clear(place)
    while byteCount + size > byteCountMax { turnHand() }
    unsafe set.pointee.values[place] = .passRetained(value)
    unsafe set.pointee.marks[place] = TokenMark(hash)
    byteCount += size
  }

  /// Clears the place at the hand, or spares what was asked for, and moves the hand on.
  ///
  /// In two rounds it has cleared everything.
  private mutating func turnHand() {
    let (set, place) = (hand / TokenCacheLimits.entriesPerSet, hand % TokenCacheLimits.entriesPerSet)
    hand = (hand + 1) % (TokenCacheLimits.entriesPerSet * TokenCacheLimits.setCount)
    if unsafe sets[set].marks[place].wasUsed {
      unsafe sets[set].marks[place].wasUsed = false
    } else {
      unsafe byteCount -= sets[set].clear(place)
    }
  }

  /// The number of tokens that it holds.
  package var count: Int {
    var count = 0
    for set in 0..<TokenCacheLimits.setCount { unsafe count += sets[set].count }
    return count
  }

  /// Forgets everything that was known under another generation.
  @usableFromInline mutating func begin(_ generation: UInt64) {
    for set in 0..<TokenCacheLimits.setCount {
      for place in 0..<TokenCacheLimits.entriesPerSet { unsafe _ = sets[set].clear(place) }
    }
    byteCount = 0
    self.generation = generation
  }

  @inlinable func set(of hash: UInt64) -> UnsafeMutablePointer<TokenSet<Value>> {
    unsafe sets + Int(truncatingIfNeeded: hash & UInt64(TokenCacheLimits.setCount &- 1))
  }
}

/// The hash of a place's token, with two marks in bits that all hashes of a set have in common.
@usableFromInline
struct TokenMark: BitwiseCopyable {
  @usableFromInline var bits: UInt64

  /// A free place.
  init() { bits = 0 }

  init(_ hash: UInt64) { bits = hash & ~3 | 1 }

  /// True if the token may have that hash; never for a free place.
  @inlinable func isOf(_ hash: UInt64) -> Bool { bits & ~2 == hash & ~3 | 1 }

  /// True if the token was asked for since it came, or since it was last spared.
  @inlinable var wasUsed: Bool {
    get { bits & 2 != 0 }
    set { bits = newValue ? bits | 2 : bits & ~2 }
  }
}

/// Four places for tokens: as long as a line of the processor's cache.
@unsafe
@usableFromInline
struct TokenSet<Value: TokenKeeper>: BitwiseCopyable {
  @usableFromInline var marks: InlineArray<4, TokenMark> = .init(repeating: TokenMark())
  @usableFromInline var values: InlineArray<4, Unmanaged<Value>?> = unsafe .init(repeating: nil)

  init() {}

  var count: Int {
    var count = 0
    for place in unsafe values.indices where unsafe values[place] != nil { count += 1 }
    return count
  }

  /// Lets go of the value at the place; returns how many bytes it held.
  mutating func clear(_ place: Int) -> Int {
    guard let value = unsafe values[place] else { return 0 }
    let size = unsafe value._withUnsafeGuaranteedRef { $0.heldByteCount }
    unsafe value.release()
    unsafe values[place] = nil
    unsafe marks[place] = TokenMark()
    return size
  }

  func place(of token: Span<UInt8>, hash: UInt64) -> Int? {
    for place in unsafe values.indices where unsafe marks[place].isOf(hash) {
      if let value = unsafe values[place], unsafe value._withUnsafeGuaranteedRef({ $0.isFor(token) }) { return place }
    }
    return nil
  }

  mutating func freePlace(for hash: UInt64) -> Int {
    for place in unsafe values.indices where unsafe values[place] == nil { return place }
    return unsafe victim(for: hash)
  }

  /// The next entry that wasn't asked for, beginning where the hash says; those passed over are spared this once.
  mutating func victim(for hash: UInt64) -> Int {
    let start = Int(truncatingIfNeeded: hash >> 32)
    for step in unsafe 0..<(2 * values.count) {
      let place = unsafe (start &+ step) & (values.count - 1)
      guard unsafe values[place] != nil else { continue }
      if unsafe !marks[place].wasUsed { return place }
      unsafe marks[place].wasUsed = false
    }
    return 0
  }
}
