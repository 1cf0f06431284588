public import Bytes
internal import CSystem
import Glibc
import Synchronization

/// One thread's world: its descriptors, deadlines and tasks.
///
/// The loop is the executor of everything that runs in it.
///
/// `run()` waits for the kernel, and whatever an event wakes runs at once, on this thread, until it waits again. A task is put here
/// with `Task(executorPreference:)` and an actor with `unownedExecutor`; both are needed, or each wake-up of a continuation would
/// take a way through the global executor and back, and cost twice a whole request.
///
/// Everything but ``enqueue(_:)``, ``post(_:)`` and ``stop()`` is for the loop's thread, which is asserted where it is cheap.
@safe
@usableFromInline
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  // Sendable because the three entries for other threads only touch `inbox`, `wakeup` and `thread`; all else is confined to the
  // loop's thread.
  let poller: Poller
  let inbox = Mutex(Inbox())
  let thread = Atomic<UInt>(0)

  let state: Confined<LoopState>
  @usableFromInline let time: Confined<TurnTime>

  struct Inbox {
    var jobs: [UnownedJob] = []
    var calls: [@Sendable () -> Void] = []
    var isSignalled = false
  }

  /// A loop that isn't running yet.
  ///
  /// - Parameters:
  ///   - now: the time until the first turn.
  ///   - unixTime: the same in seconds since 1970.
  /// - Throws: when the system has no descriptors left.
  package init(at now: MonotonicTime = .current(), unixTime: Double = currentUnixTime()) throws(SystemError) {
    poller = try Poller()
    state = Confined(LoopState(now: now))
    time = Confined(TurnTime(now: now, unixTime: unixTime))
  }

  /// The time of this turn of the loop, read once after each wait for the kernel.
  @inlinable package var now: MonotonicTime { time.value.now }

  /// The same in seconds since 1970.
  @inlinable package var unixTime: Double { time.value.unixTime }

  // MARK: Running

  /// Runs until ``stop()``.
  ///
  /// The calling thread is the loop's thread from now on.
  package func run() {
    becomeThread()
    drainInbox()
    while !state.value.isStopped {
      let count = poller.wait(milliseconds: millisecondsToWait())
      time.value = TurnTime(now: .current(), unixTime: currentUnixTime())
      // What nobody is using comes first: an idle connection that was closed, or that spoke out of turn, must be gone before an
      // event of this turn makes a request take it.
      for index in 0..<count { handle(poller.event(at: index), parked: true) }
      for index in 0..<count { handle(poller.event(at: index), parked: false) }
      finishTurn()
      for index in state.value.listeners.indices
      where index < state.value.listeners.count && state.value.listeners[index].mayHaveMore(at: now) {
        acceptPending(index)
      }
    }
  }

  /// Runs one turn at that time without asking the kernel, for those who own the clock.
  ///
  /// The calling thread is the loop's thread from now on. Descriptors have no events; what was raised, posted or timed is done.
  package func turn(at now: MonotonicTime, unixTime: Double) {
    becomeThread()
    time.value = TurnTime(now: now, unixTime: unixTime)
    drainInbox()
    finishTurn()
  }

  /// The time from now until the loop has something to do that it knows of, in nanoseconds; nil if there is nothing.
  package var nanosecondsToNext: Int64? {
    let milliseconds = inbox.withLock { $0.isSignalled } ? 0 : millisecondsToWait()
    return milliseconds < 0 ? nil : Int64(milliseconds) * 1_000_000
  }

  private func becomeThread() { thread.store(Self.currentThread, ordering: .releasing) }

  /// The part of a turn after the kernel's events.
  private func finishTurn() {
    expire()
    endTurn()
    deliverRaised()
    flushAll()
  }

  /// Ends ``run()`` after the current turn.
  ///
  /// For any thread.
  package func stop() {
    post { self.state.value.isStopped = true }
  }

  /// Calls `body` soon on the loop's thread.
  ///
  /// For any thread.
  package func post(_ body: @escaping @Sendable () -> Void) {
    signal { $0.calls.append(body) }
  }

  /// Calls `body` on the loop's thread again and again, first after one interval.
  package func every(_ interval: Duration, call body: @escaping () -> Void) {
    let nanoseconds = max(1_000_000, interval.wholeNanoseconds)
    state.value.timers.append(
      LoopState.RepeatingTimer(interval: nanoseconds, due: now.nanoseconds + nanoseconds, call: body))
  }

  private func millisecondsToWait() -> Int32 {
    guard unsafe state.value.turnTakers.isEmpty, state.value.raised.isEmpty else { return 0 }
    var milliseconds = state.value.wheel.millisecondsToNext(from: now) ?? -1
    for timer in state.value.timers {
      let remaining = Int32(clamping: max(0, (timer.due - now.nanoseconds + 999_999) / 1_000_000))
      milliseconds = milliseconds < 0 ? remaining : min(milliseconds, remaining)
    }
    for listener in state.value.listeners where listener.isPending {
      let remaining = Int32(clamping: max(0, (listener.retryAt.nanoseconds - now.nanoseconds + 999_999) / 1_000_000))
      milliseconds = milliseconds < 0 ? remaining : min(milliseconds, remaining)
    }
    return milliseconds
  }

  /// - Parameter parked: whether it is the turn of sockets that only a keeper like a pool looks after, or that of all others.
  private func handle(_ event: Poller.Event, parked: Bool) {
    if event.number >= Poller.firstListenerNumber {
      if parked { return }
      if event.number == Poller.wakeupNumber { return drainInbox() }
      return acceptPending(place: event.number &- Poller.firstListenerNumber, registration: event.registration)
    }
    guard let slot = unsafe state.value.slots.element(at: Int(event.number)),
      unsafe slot.pointee.registration == event.registration,
      unsafe slot.pointee.isIdle == parked
    else { return }
    var readiness = event.readiness
    if unsafe slot.pointee.traits.contains(.isFiltered) { readiness = unsafe translate(readiness, of: slot) }
    unsafe slot.pointee.readiness.formUnion(readiness)
    if readiness.contains(.writable), unsafe slot.pointee.outgoing != nil { unsafe flushAtTurnEnd(slot) }
    unsafe deliver(readiness, to: slot)
  }

  /// The meaning of the kernel's events for the users of a filtered channel.
  @inline(never)
  private func translate(_ readiness: Readiness, of slot: UnsafeMutablePointer<Slot>) -> Readiness {
    unsafe slot.pointee.lowerReadiness.formUnion(readiness)
    return unsafe slot.pointee.filter?.takeUnretainedValue().filter.translate(readiness, LowerChannel(slot: slot))
      ?? readiness
  }

  /// Wakes the keeper of the slot, or the waiter for what has happened to it.
  func deliver(_ readiness: Readiness, to slot: UnsafeMutablePointer<Slot>) {
    let registration = unsafe slot.pointee.registration
    let mayRead = !readiness.isDisjoint(with: [.readable, .peerFinished, .broken])
    if unsafe slot.pointee.keeper >= 0 {
      if mayRead { unsafe wakeKeeper(of: slot, .ready) }
      return
    }
    if mayRead, let wait = unsafe slot.pointee.readWait { unsafe finish(wait, .ready) }
    // The code that has just run may have given the slot to another user.
    guard unsafe slot.pointee.registration == registration else { return }
    if !readiness.isDisjoint(with: [.writable, .broken]), let wait = unsafe slot.pointee.writeWait {
      unsafe finish(wait, .ready)
    }
    guard unsafe slot.pointee.registration == registration else { return }
    if let wait = unsafe slot.pointee.breakWait, unsafe !readiness.isDisjoint(with: slot.pointee.breakEvents) {
      unsafe finish(wait, .ready)
    }
  }

  private func endTurn() {
    guard unsafe !state.value.turnTakers.isEmpty else { return }
    let takers = unsafe state.value.turnTakers
    unsafe state.value.turnTakers = []
    for index in unsafe takers.indices { unsafe finish(takers[index], .ready) }
  }

  private func expire() {
    state.value.wheel.advance(to: now)
    while let node = unsafe state.value.wheel.popExpired() {
      switch unsafe node.pointee.owner {
      case .wait:
        // SAFETY: the node is the record's first member.
        let wait = unsafe UnsafeMutableRawPointer(node).assumingMemoryBound(to: WaitRecord.self)
        unsafe finish(wait, .timedOut)
      case .slot:
        let slot = unsafe UnsafeMutableRawPointer(node).assumingMemoryBound(to: Slot.self)
        unsafe wakeKeeper(of: slot, .timedOut)
      }
    }
    for index in state.value.timers.indices where state.value.timers[index].due <= now.nanoseconds {
      state.value.timers[index].due = now.nanoseconds + state.value.timers[index].interval
      let call = state.value.timers[index].call
      asJob { call() }
    }
  }
}
