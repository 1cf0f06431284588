import Synchronization

/// Counts the requests that wait for keys, those of all workers together; for any thread.
package final class KeyWaitPlaces: Sendable {
  /// The most requests that wait at once.
  static let limit = 1000

  private let taken = Atomic<Int>(0)

  /// Takes a place; false if there is none.
  func take() -> Bool {
    guard taken.add(1, ordering: .relaxed).newValue > Self.limit else { return true }
    free()
    return false
  }

  func free() { taken.subtract(1, ordering: .relaxed) }

  var count: Int { taken.load(ordering: .relaxed) }
}
