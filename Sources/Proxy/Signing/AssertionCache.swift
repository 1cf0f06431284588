import HTTP
import Policy

/// The assertions made last, each for one caller and one upstream.
///
/// Found by the caller's identity, which is one object as long as the same token is presented: whoever looks here compares two pointers.
/// Its memory is bounded: a set of four places says where an assertion may stand, and the oldest of them goes. Confined to one worker.
struct AssertionCache: ~Copyable {
  private struct Entry {
    /// Held, so that no other can come to stand at its address.
    var identity: Identity?
    var upstream = 0
    var fields = FieldBlock()
    /// When it was made and when it is made anew, in seconds since the epoch.
    var madeAt = 0.0
    var staleAt = 0.0
  }

  private static let placesPerSet = 4
  /// A power of two; with four places each there is room for 4,096 assertions.
  private static let setCount = 1024

  private var entries = [Entry](repeating: Entry(), count: setCount * placesPerSet)

  /// The lines for that caller at that upstream; nil if they must be made.
  ///
  /// - Parameter now: seconds since the epoch.
  func fields(for identity: Identity, upstream: Int, now: Double) -> FieldBlock? {
    let entries = entries.span
    for place in Self.places(of: identity, upstream) {
      if entries[place].identity?.id == identity.id, entries[place].upstream == upstream {
        return entries[place].madeAt <= now && now < entries[place].staleAt ? entries[place].fields : nil
      }
    }
    return nil
  }

  /// Keeps the lines until they are stale.
  mutating func insert(_ fields: FieldBlock, for identity: Identity, upstream: Int, madeAt: Double, staleAt: Double) {
    let places = Self.places(of: identity, upstream)
    let known = places.first { entries[$0].identity?.id == identity.id && entries[$0].upstream == upstream }
    let place = known ?? places.min { entries[$0].madeAt < entries[$1].madeAt } ?? places.lowerBound
    entries[place] = Entry(identity: identity, upstream: upstream, fields: fields, madeAt: madeAt, staleAt: staleAt)
  }

  /// How many it holds.
  var count: Int { entries.count { $0.identity != nil } }

  private static func places(of identity: Identity, _ upstream: Int) -> Range<Int> {
    // Objects lie at multiples of 16; the multiplication brings every bit of the rest to the top.
    let address = UInt64(truncatingIfNeeded: Int(bitPattern: identity.id) >> 4)
    let mixed = (address &+ UInt64(truncatingIfNeeded: upstream) &* 0x9E37_79B9) &* 0x9E37_79B9_7F4A_7C15
    let first = Int(truncatingIfNeeded: mixed >> 54) * placesPerSet
    return first..<(first + placesPerSet)
  }
}
