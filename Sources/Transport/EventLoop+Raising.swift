import Bytes

/// Events that do not come from the kernel: of signals, and of channels whose filter has no descriptor.
///
/// 1. No waiter is woken inside ``raise(_:on:)``; waiters are woken at the end of the turn.
/// 2. What is raised while others are woken waits for the next turn, so that two sides that wake each other do not keep the rest from
///    their turn.
extension EventLoop {
  /// Raises events of a channel; nothing if it has closed since.
  ///
  /// They hold from now on: a wait that begins before the end of the turn finds them.
  package func raise(_ readiness: Readiness, on id: ChannelID) {
    guard let slot = unsafe state.value.slots.element(at: Int(id.number)),
      unsafe slot.pointee.registration == id.registration
    else { return }
    unsafe raise(readiness, on: slot)
  }

  func raise(_ readiness: Readiness, on slot: UnsafeMutablePointer<Slot>) {
    unsafe slot.pointee.readiness.formUnion(readiness)
    if unsafe slot.pointee.raised.isEmpty {
      unsafe state.value.raised.append(
        ChannelID(number: slot.pointee.number, registration: slot.pointee.registration))
    }
    unsafe slot.pointee.raised.formUnion(readiness)
  }

  /// Wakes those who wait for what was raised before this call.
  func deliverRaised() {
    guard !state.value.raised.isEmpty else { return }
    var events: [Poller.Event] = []
    for id in state.value.raised {
      guard let slot = unsafe state.value.slots.element(at: Int(id.number)),
        unsafe slot.pointee.registration == id.registration
      else { continue }
      unsafe events.append(
        Poller.Event(number: id.number, registration: id.registration, readiness: slot.pointee.raised))
      unsafe slot.pointee.raised = []
    }
    state.value.raised.removeAll(keepingCapacity: true)
    // Idle connections first, as with the kernel's events.
    for event in events { handleRaised(event, parked: true) }
    for event in events { handleRaised(event, parked: false) }
  }

  private func handleRaised(_ event: Poller.Event, parked: Bool) {
    guard let slot = unsafe state.value.slots.element(at: Int(event.number)),
      unsafe slot.pointee.registration == event.registration, unsafe slot.pointee.isIdle == parked
    else { return }
    if event.readiness.contains(.writable), unsafe slot.pointee.outgoing != nil { unsafe flushAtTurnEnd(slot) }
    unsafe deliver(event.readiness, to: slot)
  }
}
