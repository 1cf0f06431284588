/// Holders with a moment each, in one array: a look-up is a step or two, and takes no memory.
///
/// 1. The number of places is zero or a power of two, and at most three quarters of them are taken.
/// 2. From the place that a holder's hash names to the one where it is, every place is taken.
struct HolderTable: Sendable {
  private struct Place {
    var high: UInt64 = 0
    /// Zero for a free place.
    var low: UInt64 = 0
    var moment = 0.0
    var expires = 0.0
  }

  private var places: [Place] = []
  private(set) var count = 0

  /// The moment that goes with the holder; nil if it is not there.
  func moment(of holder: Revocations.Holder) -> Double? {
    guard count > 0 else { return nil }
    let (high, low) = holder.halves
    let index = index(of: high, low)
    let place = places[index]
    return place.low == 0 ? nil : place.moment
  }

  /// Puts the holder in, or gives it a later moment and a later end: neither is ever taken back.
  mutating func set(_ holder: Revocations.Holder, _ moment: Double, expires: Double) {
    if (count + 1) * 4 > places.count * 3 { resize(to: max(16, places.count * 2)) }
    let (high, low) = holder.halves
    let index = index(of: high, low)
    guard places[index].low != 0 else {
      count += 1
      return places[index] = Place(high: high, low: low, moment: moment, expires: expires)
    }
    places[index].moment = max(places[index].moment, moment)
    places[index].expires = max(places[index].expires, expires)
  }

  /// Takes out what has expired, and gives back memory that nobody needs any more.
  mutating func forget(expiredBy now: Double) {
    let isExpired = places.contains { $0.low != 0 && $0.expires <= now }
    guard isExpired else { return }
    let kept = places.filter { $0.low != 0 && $0.expires > now }
    var size = kept.isEmpty ? 0 : 16
    while kept.count * 2 > size { size *= 2 }
    rebuild(kept, size: size)
  }

  private mutating func resize(to size: Int) { rebuild(places.filter { $0.low != 0 }, size: size) }

  private mutating func rebuild(_ kept: [Place], size: Int) {
    places = Array(repeating: Place(), count: size)
    count = kept.count
    for place in kept { places[index(of: place.high, place.low)] = place }
  }

  /// The place of the holder, or the free one where it belongs.
  private func index(of high: UInt64, _ low: UInt64) -> Int {
    let mask = places.count &- 1
    var index = Int(truncatingIfNeeded: high) & mask
    while places[index].low != 0, places[index].low != low || places[index].high != high {
      index = (index &+ 1) & mask
    }
    return index
  }
}
