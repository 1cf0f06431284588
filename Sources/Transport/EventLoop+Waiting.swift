import Bytes

extension EventLoop {
  /// Suspends the task until the event happens or the deadline comes.
  ///
  /// Try first and wait only after "would block": the wait is for a change. Returns at once if the event is known already.
  // Inlined so that a wait costs its caller one switch of executors, not three.
  @inlinable @inline(__always)
  package func wait(for event: Interest, until deadline: MonotonicTime) async -> Wake {
    if hasHappened(event) { return .ready }
    return unsafe await withUnsafeContinuation { unsafe begin($0, event, nil, nil, until: deadline) }
  }

  /// Suspends the task until one of the two events happens or the deadline comes.
  @inlinable @inline(__always)
  package func wait(for first: Interest, or second: Interest, until deadline: MonotonicTime) async -> Wake {
    if hasHappened(first) || hasHappened(second) { return .ready }
    return unsafe await withUnsafeContinuation { unsafe begin($0, first, second, nil, until: deadline) }
  }

  /// Suspends the task until one of the three events happens or the deadline comes.
  @inlinable @inline(__always)
  package func wait(
    for first: Interest, or second: Interest, or third: Interest, until deadline: MonotonicTime
  ) async -> Wake {
    if hasHappened(first) || hasHappened(second) || hasHappened(third) { return .ready }
    return unsafe await withUnsafeContinuation { unsafe begin($0, first, second, third, until: deadline) }
  }

  /// Suspends the task until the moment has come.
  package func sleep(until moment: MonotonicTime) async {
    guard moment > now else { return }
    _ = unsafe await withUnsafeContinuation { unsafe begin($0, nil, nil, nil, until: moment) }
  }

  /// Lets everything else that is ready go first.
  package func nextTurn() async {
    _ = unsafe await withUnsafeContinuation { continuation in
      unsafe state.value.turnTakers.append(makeWait(continuation, nil, nil, nil, until: .never))
    }
  }

  /// Calls the handler once, when one of the events happens or the deadline comes.
  ///
  /// - Returns: false if one of the events has happened already; the handler is not called then.
  package func wait(
    for first: Interest, or second: Interest? = nil, or third: Interest? = nil, until deadline: MonotonicTime,
    then handler: WaitHandler
  ) -> Bool {
    if hasHappened(first) { return false }
    if let second, hasHappened(second) { return false }
    if let third, hasHappened(third) { return false }
    let wait = unsafe makeWait(nil, first, second, third, until: deadline)
    unsafe wait.pointee.handler = .passRetained(handler)
    return true
  }

  /// Calls the handler in the next turn of the loop, after all else that is ready.
  package func nextTurn(then handler: WaitHandler) {
    let wait = unsafe makeWait(nil, nil, nil, nil, until: .never)
    unsafe wait.pointee.handler = .passRetained(handler)
    unsafe state.value.turnTakers.append(wait)
  }

  /// Ends the wait for any event of that channel, as if it had happened; nothing if nobody waits or the channel is closed.
  ///
  /// For telling those who wait something that isn't an event of the channel.
  package func interrupt(_ id: ChannelID) {
    guard let slot = unsafe state.value.slots.element(at: Int(id.number)),
      unsafe slot.pointee.registration == id.registration
    else { return }
    // One wait may stand in several places; the first end of it takes it out of all.
    if let wait = unsafe slot.pointee.readWait { return unsafe finish(wait, .ready) }
    if let wait = unsafe slot.pointee.writeWait { return unsafe finish(wait, .ready) }
    if let wait = unsafe slot.pointee.breakWait { unsafe finish(wait, .ready) }
  }

  /// True if the event is known to have happened, so that there is nothing to wait for.
  @usableFromInline func hasHappened(_ interest: Interest) -> Bool {
    let slot = unsafe interest.slot
    precondition(unsafe slot.pointee.registration == interest.registration, "waited for a closed socket")
    return unsafe !slot.pointee.readiness.isDisjoint(with: interest.event)
  }

  @usableFromInline func begin(
    _ continuation: UnsafeContinuation<Wake, Never>, _ first: Interest?, _ second: Interest?, _ third: Interest?,
    until deadline: MonotonicTime
  ) {
    unsafe _ = makeWait(continuation, first, second, third, until: deadline)
  }

  private func makeWait(
    _ continuation: UnsafeContinuation<Wake, Never>?, _ first: Interest?, _ second: Interest?, _ third: Interest?,
    until deadline: MonotonicTime
  ) -> UnsafeMutablePointer<WaitRecord> {
    let wait = unsafe state.value.waits.take()
    unsafe wait.pointee.continuation = continuation
    unsafe wait.pointee.first = first
    unsafe wait.pointee.second = second
    unsafe wait.pointee.third = third
    if let first { unsafe enlist(wait, for: first) }
    if let second { unsafe enlist(wait, for: second) }
    if let third { unsafe enlist(wait, for: third) }
    // SAFETY: the node is the record's first member.
    unsafe state.value.wheel.set(
      UnsafeMutableRawPointer(wait).assumingMemoryBound(to: TimerNode.self), deadline: deadline)
    return unsafe wait
  }

  private func enlist(_ wait: UnsafeMutablePointer<WaitRecord>, for interest: Interest) {
    let slot = unsafe interest.slot
    if interest.event == .readable {
      precondition(unsafe slot.pointee.readWait == nil || slot.pointee.readWait == wait, "two waits for one event")
      unsafe slot.pointee.readWait = wait
    } else if interest.event == .writable {
      precondition(unsafe slot.pointee.writeWait == nil || slot.pointee.writeWait == wait, "two waits for one event")
      unsafe slot.pointee.writeWait = wait
    } else {
      precondition(unsafe slot.pointee.breakWait == nil || slot.pointee.breakWait == wait, "two waits for one event")
      unsafe slot.pointee.breakWait = wait
      unsafe slot.pointee.breakEvents = interest.event
    }
  }

  /// Ends a wait: takes it out of everything that it stands in, then resumes its task or calls its handler.
  ///
  /// The record is given back before either runs, so that what is done next may use it again.
  func finish(_ wait: UnsafeMutablePointer<WaitRecord>, _ wake: Wake) {
    unsafe state.value.wheel.clear(UnsafeMutableRawPointer(wait).assumingMemoryBound(to: TimerNode.self))
    unsafe delist(wait.pointee.first)
    unsafe delist(wait.pointee.second)
    unsafe delist(wait.pointee.third)
    let continuation = unsafe wait.pointee.continuation
    unsafe wait.pointee.continuation = nil
    let handler = unsafe wait.pointee.handler
    unsafe wait.pointee.handler = nil
    unsafe state.value.waits.giveBack(wait)
    unsafe continuation?.resume(returning: wake)
    if let handler = unsafe handler { unsafe call(handler.takeRetainedValue(), wake) }
  }

  private func call(_ handler: consuming WaitHandler, _ wake: Wake) {
    if state.value.isRunningJob {
      state.value.woken.append((handler, wake))
    } else {
      asJob { handler.didWake(wake) }
    }
  }

  private func delist(_ interest: Interest?) {
    guard let interest else { return }
    let slot = unsafe interest.slot
    if interest.event == .readable {
      unsafe slot.pointee.readWait = nil
    } else if interest.event == .writable {
      unsafe slot.pointee.writeWait = nil
    } else {
      unsafe slot.pointee.breakWait = nil
    }
  }
}
