import Transport

/// A TLS handshake as the gate knows it.
protocol GatedHandshake: AnyObject {
  /// The gate gives it a place.
  func enter()

  /// The gate gives its place to another one.
  func giveUp()
}

/// Bounds the TLS handshakes that a worker has in progress at a time, and how many begin in one turn of its loop.
///
/// A handshake takes a hundred times as long as a request, and holds fifty kilobytes while it waits for the client. Clients that exceed the
/// bound wait, unread, in the order of their coming; one that keeps the others waiting for more than a second loses its place.
/// Confined to the worker.
final class HandshakeGate {
  /// The most handshakes in progress.
  static let placeMax = 256
  /// The most that begin in one turn.
  static let turnMax = 8
  /// The time for which a handshake in progress keeps its place for sure while others wait, in nanoseconds.
  static let patience: Int64 = 1_000_000_000

  private let loop: EventLoop
  /// Is raised when a place has become free; there only while others wait for one.
  private var freed: Signal?
  /// The handshakes in progress.
  private var inProgress: Set<ObjectIdentifier> = []
  /// The same in the order of their beginning, with some that have ended; the first one is in progress.
  private var order: ArraySlice<Place> = []
  private var waiting: ArraySlice<any GatedHandshake> = []
  private var begunInTurn = 0
  private var turn = MonotonicTime.never
  private var isScheduled = false

  private struct Place {
    let handshake: any GatedHandshake
    let begun: MonotonicTime
  }

  init(_ loop: EventLoop) { self.loop = loop }

  /// The number of handshakes that have a place.
  var count: Int { inProgress.count }

  /// Asks for a place; ``GatedHandshake/enter()`` is called at once or later, or never if the handshake leaves before.
  func ask(_ handshake: any GatedHandshake) {
    waiting.append(handshake)
    admit()
  }

  /// A handshake has ended, whether it had a place or waited for one.
  func leave(_ handshake: any GatedHandshake) {
    if inProgress.remove(ObjectIdentifier(handshake)) != nil {
      dropEnded()
    } else if let index = waiting.firstIndex(where: { $0 === handshake }) {
      waiting.remove(at: index)
    }
    guard !waiting.isEmpty else { return }
    freed?.raise(.readable)
    schedule()
  }

  /// Gives places to those who wait, as far as there are any.
  private func admit() {
    if turn != loop.now {
      turn = loop.now
      begunInTurn = 0
    }
    while let next = waiting.first {
      guard begunInTurn < Self.turnMax, inProgress.count < Self.placeMax || makesRoom() else { return schedule() }
      waiting.removeFirst()
      begunInTurn += 1
      inProgress.insert(ObjectIdentifier(next))
      order.append(Place(handshake: next, begun: loop.now))
      next.enter()
    }
  }

  /// Takes the place of the handshake that began first, if it has had time enough.
  private func makesRoom() -> Bool {
    guard let first = order.first, loop.now >= first.begun.advanced(byNanoseconds: Self.patience) else { return false }
    inProgress.remove(ObjectIdentifier(first.handshake))
    dropEnded()
    first.handshake.giveUp()
    return inProgress.count < Self.placeMax
  }

  private func dropEnded() {
    while let first = order.first, !inProgress.contains(ObjectIdentifier(first.handshake)) { order.removeFirst() }
  }

  /// Looks again in a while: in the next turn, or when the first handshake in progress may lose its place.
  private func schedule() {
    guard !isScheduled else { return }
    isScheduled = true
    guard inProgress.count >= Self.placeMax, let first = order.first else {
      return loop.nextTurn(then: Again(self))
    }
    // The clock alone ends this wait, but for a place that becomes free.
    let moment = first.begun.advanced(byNanoseconds: Self.patience)
    let freed = Signal(in: loop)
    let isWaiting = loop.wait(for: freed.readable, until: moment, then: Again(self))
    assert(isWaiting, "a new signal is not raised")
    self.freed = consume freed
  }

  private func lookAgain() {
    isScheduled = false
    freed = nil
    admit()
  }

  private final class Again: WaitHandler {
    private let gate: HandshakeGate

    init(_ gate: HandshakeGate) { self.gate = gate }

    override func didWake(_ wake: Wake) { gate.lookAgain() }
  }
}
