/// The order in which a ``BlockingPool`` begins its works, and the choice of the one that makes room when too many wait.
///
/// A value without threads or clocks. The pool numbers its works in the order in which they come: of two, the one with the greater
/// number is the newer.
package protocol WorkOrder: Sendable {
  /// The facts about a work that the order is made by.
  associatedtype Label: Sendable

  /// The number of works that wait.
  var count: Int { get }

  /// Adds a work behind all others that its label does not put it before.
  mutating func add(_ work: UInt64, as label: Label)

  /// Takes out the work that is begun next; nil if none waits.
  mutating func takeNext() -> UInt64?

  /// Takes out the work that makes room for the others; nil if none waits.
  mutating func takeExcess() -> UInt64?

  /// Takes out a work that nobody wants any more.
  ///
  /// - Returns: false if it does not wait.
  mutating func remove(_ work: UInt64) -> Bool
}

/// Begins the works in the order in which they come, and has the newest make room.
package struct ArrivalOrder: WorkOrder {
  private var waiting: [UInt64] = []
  /// The place in `waiting` of the first work that was not taken out.
  private var first = 0

  package init() {}

  package var count: Int { waiting.count - first }

  package mutating func add(_ work: UInt64, as label: Void) { waiting.append(work) }

  package mutating func takeNext() -> UInt64? {
    guard first < waiting.count else { return nil }
    let work = waiting[first]
    first += 1
    // The front is dropped when it is half of the whole, so that each work is moved once at most.
    if 2 * first >= waiting.count {
      waiting.removeFirst(first)
      first = 0
    }
    return work
  }

  package mutating func takeExcess() -> UInt64? { count > 0 ? waiting.removeLast() : nil }

  package mutating func remove(_ work: UInt64) -> Bool {
    guard let place = waiting[first...].firstIndex(of: work) else { return false }
    waiting.remove(at: place)
    return true
  }
}
