import Bytes
import HTTP
import Policy

/// The assertions made last, each for one caller and one upstream.
///
/// Found by the serial number of the caller's identity, which is the same as long as the token is remembered; the identity itself is not
/// held. A set of four places says where an assertion may stand, and the oldest of them goes. The bytes of memory that all of them hold
/// are bounded too: where a new one leaves too little room, places are cleared one after the other until there is. Confined to one
/// worker.
struct AssertionCache: ~Copyable {
  private struct Entry {
    /// Of the caller's identity; 0, which none has, for a free place.
    var serial: UInt64 = 0
    var upstream = 0
    var fields = FieldBlock()
    /// The times at which it was made and is made anew, in seconds since the epoch.
    var madeAt = 0.0
    var staleAt = 0.0
  }

  private static let placesPerSet = 4
  /// A power of two; with four places each there is room for 4,096 assertions.
  private static let setCount = 1024
  /// 16 MiB.
  static let byteCountMax = 16 * 1024 * 1024

  private var entries = [Entry](repeating: Entry(), count: setCount * placesPerSet)
  /// The bytes of memory that the assertions hold.
  private(set) var byteCount = 0
  /// The place that is cleared next for room.
  private var hand = 0

  /// The lines for that caller at that upstream; nil if they must be made.
  ///
  /// - Parameter now: seconds since the epoch.
  func fields(for identity: Identity, upstream: Int, now: Double) -> FieldBlock? {
    let entries = entries.span
    let serial = identity.serial
    for place in Self.places(of: serial, upstream) {
      if entries[place].serial == serial, entries[place].upstream == upstream {
        return entries[place].madeAt <= now && now < entries[place].staleAt ? entries[place].fields : nil
      }
    }
    return nil
  }

  /// Keeps the lines until they are stale.
  mutating func insert(_ fields: FieldBlock, for identity: Identity, upstream: Int, madeAt: Double, staleAt: Double) {
    let size = fields.heldByteCount
    guard size <= Self.byteCountMax else { return }
    let serial = identity.serial
    let places = Self.places(of: serial, upstream)
    let known = places.first { entries[$0].serial == serial && entries[$0].upstream == upstream }
    let place = known ?? places.min { entries[$0].madeAt < entries[$1].madeAt } ?? places.lowerBound
    clear(place)
    while byteCount + size > Self.byteCountMax {
      clear(hand)
      hand = (hand + 1) % entries.count
    }
    entries[place] = Entry(serial: serial, upstream: upstream, fields: fields, madeAt: madeAt, staleAt: staleAt)
    byteCount += size
  }

  private mutating func clear(_ place: Int) {
    byteCount -= entries[place].fields.heldByteCount
    entries[place] = Entry()
  }

  /// The number of assertions that it holds.
  var count: Int { entries.count { $0.serial != 0 } }

  private static func places(of serial: UInt64, _ upstream: Int) -> Range<Int> {
    // The multiplications bring every bit of both to the top.
    let mixed = (serial &+ UInt64(truncatingIfNeeded: upstream) &* 0x9E37_79B9) &* 0x9E37_79B9_7F4A_7C15
    let first = Int(truncatingIfNeeded: mixed >> 54) * placesPerSet
    return first..<(first + placesPerSet)
  }
}
