package import Transport

/// The requests of one worker that wait for keys to be fetched: their tokens name keys that are not there yet.
///
/// 1. A wait holds one of the ``KeyWaitPlaces`` from its begin to its end, or until its client has closed its sending side: a client
///    that has left and one that only says no more look the same, and neither keeps others from waiting.
/// 2. A wait ends with the first fetch of its source that ends after it began, or when its request gives it up.
/// 3. A worker that is told of a fetch has been given its keys before.
///
/// Confined to its worker.
package final class KeyWaitlist {
  private let places: KeyWaitPlaces
  /// By their sources, then by themselves.
  private var waits: [ObjectIdentifier: [ObjectIdentifier: KeyWait]] = [:]
  /// The number of the last end of a fetch that this worker has been told of.
  private var told: UInt64 = 0

  package init(_ places: KeyWaitPlaces) { self.places = places }

  /// The outcome for a request whose token needs a key that is not there.
  package enum Outcome {
    case wait(KeyWait)
    /// Too many wait already.
    case full
    /// There is nothing to wait for.
    case refuse
  }

  /// - Parameters:
  ///   - hasNone: whether the key is missed because there is none at all.
  ///   - begin: has the keys fetched.
  ///   - wake: is called once the wait has ended with a fetch.
  package func enter(
    _ source: KeySource, hasNone: Bool, at now: MonotonicTime, begin: () -> Void, wake: @escaping () -> Void
  ) -> Outcome {
    let turn = source.takeTurn(at: now, hasNone: hasNone, told: told)
    switch turn {
    case .refuse: return .refuse
    case .begin: begin()
    case .news, .join: break
    }
    guard places.take() else { return .full }
    let wait = KeyWait(source, isForNews: turn == .news, wake: wake)
    waits[ObjectIdentifier(source), default: [:]][ObjectIdentifier(wait)] = wait
    return .wait(wait)
  }

  /// A fetch has ended, and this worker has what has come of it.
  ///
  /// - Parameter number: of the end; they come in their order.
  package func fetchEnded(_ source: KeySource, number: UInt64) {
    told = number
    for wait in (waits.removeValue(forKey: ObjectIdentifier(source)) ?? [:]).values {
      freePlace(of: wait)
      wait.end()
    }
  }

  /// The client of the request has closed its sending side.
  package func freePlace(of wait: KeyWait) {
    guard wait.hasPlace else { return }
    wait.hasPlace = false
    places.free()
  }

  /// The request waits no more.
  package func leave(_ wait: KeyWait) {
    freePlace(of: wait)
    let source = ObjectIdentifier(wait.source)
    waits[source]?[ObjectIdentifier(wait)] = nil
    if waits[source]?.isEmpty == true { waits[source] = nil }
  }

  /// The number of requests that wait.
  var count: Int { waits.values.reduce(0) { $0 + $1.count } }
}

/// A request's wait for a fetch; confined to its worker.
package final class KeyWait {
  fileprivate let source: KeySource
  /// True if the fetch had ended when the wait began: the request may then wait for another one.
  package let isForNews: Bool
  private let wake: () -> Void
  fileprivate var hasPlace = true
  /// True once the fetch has ended.
  package private(set) var isOver = false

  fileprivate init(_ source: KeySource, isForNews: Bool, wake: @escaping () -> Void) {
    self.source = source
    self.isForNews = isForNews
    self.wake = wake
  }

  fileprivate func end() {
    isOver = true
    wake()
  }
}
