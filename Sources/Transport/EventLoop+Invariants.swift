import Bytes

/// The loop's own account of itself, for tests and debug builds.
extension EventLoop {
  /// The number of channels in use, parked ones among them.
  package var channelCount: Int { unsafe state.value.slots.usedCount }

  /// The number of waits under way.
  package var waitCount: Int { unsafe state.value.waits.usedCount }

  /// Stops the program if the channels and the waits contradict each other; looks at every channel.
  ///
  /// 1. A channel that is not in use has no wait, no keeper and no filter.
  /// 2. A wait that stands in a channel is for that channel.
  /// 3. A wait for a channel's events has a deadline, unless it is for an interruption alone.
  /// 4. A parked channel has a deadline and no wait.
  package func checkInvariants() {
    for number in unsafe 0..<state.value.slots.totalCount {
      guard let slot = unsafe state.value.slots.element(at: number) else { continue }
      let waits = unsafe [slot.pointee.readWait, slot.pointee.writeWait, slot.pointee.breakWait]
      if unsafe slot.pointee.keeper >= 0 {
        precondition(unsafe waits.allSatisfy { unsafe $0 == nil }, "somebody waits for a parked channel")
        precondition(unsafe slot.pointee.timer.deadline != .max, "a parked channel has no deadline")
      }
      for index in unsafe waits.indices {
        guard let wait = unsafe waits[index] else { continue }
        let interests = unsafe [wait.pointee.first, wait.pointee.second, wait.pointee.third]
        precondition(
          interests.contains { unsafe $0?.slot == slot && $0?.registration == slot.pointee.registration },
          "a channel has the wait of another one")
        let isInterruption = interests.allSatisfy { $0 == nil || $0?.event == [] }
        precondition(isInterruption || (unsafe wait.pointee.timer.deadline != .max), "a wait has no deadline")
      }
    }
  }
}
