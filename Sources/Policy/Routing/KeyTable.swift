import Bytes

/// Byte strings known from the start, found again without allocating: an open-addressing table at most half full.
///
/// The caller brings the hash, which it computed while it read; a hit is one only after all bytes were compared.
struct KeyTable: Sendable {
  /// The number of a key plus one; zero is a free slot.
  ///
  /// As many as a power of two.
  private var slots: [UInt32]
  private var hashes: [UInt64] = []
  /// The end of each key in ``bytes``; a key begins at the end of the one before it.
  private var ends: [Int] = []
  private var bytes: [UInt8] = []

  /// A table of these keys, none of which may stand twice, with room for all of them.
  init(_ keys: [(key: [UInt8], hash: UInt64)]) {
    var capacity = 2
    while capacity < 2 * keys.count { capacity *= 2 }
    slots = Array(repeating: 0, count: capacity)
    for (key, hash) in keys {
      bytes += key
      ends.append(bytes.count)
      hashes.append(hash)
      var slot = Int(truncatingIfNeeded: hash) & (capacity - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = UInt32(hashes.count)
    }
  }

  var isEmpty: Bool { hashes.isEmpty }

  /// The number of the key, in the order given; nil if it isn't there.
  func index(of key: Span<UInt8>, hash: UInt64) -> Int? {
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let index = Int(slots[slot]) &- 1
      if hashes[index] == hash, bytes.span.extracting(range(of: index)).equals(key) { return index }
      slot = (slot &+ 1) & mask
    }
    return nil
  }

  /// The length of the key of that number.
  func count(of index: Int) -> Int { range(of: index).count }

  private func range(of index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index &- 1])..<ends[index] }
}
