extension EventLoop {
  /// Suspends the task until the event happens or the deadline comes.
  ///
  /// Try first and wait only after "would block": the wait is for a change. Returns at once if the event is known already.
  package func wait(for event: Interest, until deadline: MonotonicTime) async -> Wake {
    if hasHappened(event) { return .ready }
    return unsafe await withUnsafeContinuation { continuation in
      let wait = unsafe begin(continuation, until: deadline)
      unsafe wait.pointee.first = event
      unsafe enlist(wait, for: event)
    }
  }

  /// Suspends the task until one of the two events happens or the deadline comes.
  package func wait(for first: Interest, or second: Interest, until deadline: MonotonicTime) async -> Wake {
    if hasHappened(first) || hasHappened(second) { return .ready }
    return unsafe await withUnsafeContinuation { continuation in
      let wait = unsafe begin(continuation, until: deadline)
      unsafe wait.pointee.first = first
      unsafe wait.pointee.second = second
      unsafe enlist(wait, for: first)
      unsafe enlist(wait, for: second)
    }
  }

  /// Suspends the task until one of the three events happens or the deadline comes.
  package func wait(
    for first: Interest, or second: Interest, or third: Interest, until deadline: MonotonicTime
  ) async -> Wake {
    if hasHappened(first) || hasHappened(second) || hasHappened(third) { return .ready }
    return unsafe await withUnsafeContinuation { continuation in
      let wait = unsafe begin(continuation, until: deadline)
      unsafe wait.pointee.first = first
      unsafe wait.pointee.second = second
      unsafe wait.pointee.third = third
      unsafe enlist(wait, for: first)
      unsafe enlist(wait, for: second)
      unsafe enlist(wait, for: third)
    }
  }

  /// Suspends the task until the moment has come.
  package func sleep(until moment: MonotonicTime) async {
    guard moment > now else { return }
    _ = unsafe await withUnsafeContinuation { continuation in unsafe _ = begin(continuation, until: moment) }
  }

  /// Lets everything else that is ready go first.
  package func nextTurn() async {
    _ = unsafe await withUnsafeContinuation { continuation in
      unsafe turnTakers.append(begin(continuation, until: .never))
    }
  }

  private func hasHappened(_ interest: Interest) -> Bool {
    let slot = unsafe interest.slot
    precondition(unsafe slot.pointee.registration == interest.registration, "waited for a closed socket")
    return switch interest.event {
    case .readable: unsafe slot.pointee.readiness.contains(.readable)
    case .writable: unsafe slot.pointee.readiness.contains(.writable)
    case .broken: unsafe slot.pointee.readiness.contains(.broken)
    }
  }

  private func begin(
    _ continuation: UnsafeContinuation<Wake, Never>, until deadline: MonotonicTime
  ) -> UnsafeMutablePointer<WaitRecord> {
    let wait = unsafe waits.take()
    unsafe wait.pointee.continuation = continuation
    unsafe wait.pointee.first = nil
    unsafe wait.pointee.second = nil
    unsafe wait.pointee.third = nil
    // SAFETY: the node is the record's first member.
    unsafe wheel.set(UnsafeMutableRawPointer(wait).assumingMemoryBound(to: TimerNode.self), deadline: deadline)
    return unsafe wait
  }

  private func enlist(_ wait: UnsafeMutablePointer<WaitRecord>, for interest: Interest) {
    let slot = unsafe interest.slot
    switch interest.event {
    case .readable:
      precondition(unsafe slot.pointee.readWait == nil || slot.pointee.readWait == wait, "two waits for one event")
      unsafe slot.pointee.readWait = wait
    case .writable:
      precondition(unsafe slot.pointee.writeWait == nil || slot.pointee.writeWait == wait, "two waits for one event")
      unsafe slot.pointee.writeWait = wait
    case .broken:
      precondition(unsafe slot.pointee.breakWait == nil || slot.pointee.breakWait == wait, "two waits for one event")
      unsafe slot.pointee.breakWait = wait
    }
  }

  /// Ends a wait: takes it out of everything that it stands in, then resumes its task.
  ///
  /// The record is given back before the task runs, so that what the task does next may use it again.
  func finish(_ wait: UnsafeMutablePointer<WaitRecord>, _ wake: Wake) {
    unsafe wheel.clear(UnsafeMutableRawPointer(wait).assumingMemoryBound(to: TimerNode.self))
    unsafe delist(wait.pointee.first)
    unsafe delist(wait.pointee.second)
    unsafe delist(wait.pointee.third)
    let continuation = unsafe wait.pointee.continuation
    unsafe wait.pointee.continuation = nil
    unsafe waits.giveBack(wait)
    unsafe continuation?.resume(returning: wake)
  }

  private func delist(_ interest: Interest?) {
    guard let interest else { return }
    let slot = unsafe interest.slot
    switch interest.event {
    case .readable: unsafe slot.pointee.readWait = nil
    case .writable: unsafe slot.pointee.writeWait = nil
    case .broken: unsafe slot.pointee.breakWait = nil
    }
  }
}
