import Bytes

extension EventLoop {
  /// Makes a keeper known, until ``unregister(_:)``.
  package func register(_ keeper: any ChannelKeeper) -> KeeperID {
    if let free = state.value.keepers.firstIndex(where: { $0 == nil }) {
      state.value.keepers[free] = keeper
      return KeeperID(index: Int32(free))
    }
    state.value.keepers.append(keeper)
    return KeeperID(index: Int32(state.value.keepers.count - 1))
  }

  /// Closes all sockets parked with a keeper and forgets it.
  package func unregister(_ keeper: KeeperID) {
    closeParked(with: keeper)
    state.value.keepers[Int(keeper.index)] = nil
  }

  /// Puts a socket aside: nobody waits for it, and its keeper is told when it wakes or the deadline comes.
  ///
  /// A channel that is readable already wakes nobody: ask ``Channel/isReadable`` first.
  ///
  /// - Parameters:
  ///   - tag: a word of the keeper's own, given back when the socket wakes.
  ///   - isForReuse: true if a request may ``unpark(_:)`` it; what happens to it is then looked at before anything else.
  @discardableResult
  package func park(
    _ channel: consuming Channel, with keeper: KeeperID, tag: UInt64 = 0, isForReuse: Bool = false,
    until deadline: MonotonicTime
  ) -> ChannelID {
    let slot = unsafe channel.surrender()
    unsafe slot.pointee.keeper = keeper.index
    unsafe slot.pointee.tag = tag
    if isForReuse {
      unsafe slot.pointee.traits.insert(.keepsIdle)
    } else {
      unsafe slot.pointee.traits.remove(.keepsIdle)
    }
    unsafe slot.pointee.parkedAt = now.nanoseconds
    unsafe state.value.wheel.set(timerNode(of: slot), deadline: deadline)
    return unsafe ChannelID(number: slot.pointee.number, registration: slot.pointee.registration)
  }

  /// Takes a parked socket back; nil if it has been closed since.
  package func unpark(_ id: ChannelID) -> Channel? {
    guard let slot = unsafe state.value.slots.element(at: Int(id.number)),
      unsafe slot.pointee.registration == id.registration, unsafe slot.pointee.keeper >= 0
    else { return nil }
    return unsafe takeOut(slot)
  }

  /// Hands a socket over to a task that is about to start; ``claim(_:)`` takes it there.
  package func handOver(_ channel: consuming Channel) -> ChannelID {
    let slot = unsafe channel.surrender()
    return unsafe ChannelID(number: slot.pointee.number, registration: slot.pointee.registration)
  }

  /// Takes a socket that was handed over.
  ///
  /// Each one is claimed exactly once.
  package func claim(_ id: ChannelID) -> Channel {
    guard let slot = unsafe state.value.slots.element(at: Int(id.number)),
      unsafe slot.pointee.registration == id.registration
    else {
      preconditionFailure("claimed a channel that nobody handed over")
    }
    return unsafe Channel(slot: slot, loop: self)
  }

  /// Closes all sockets parked with a keeper, and says how many there were.
  @discardableResult
  package func closeParked(with keeper: KeeperID) -> Int {
    var closed = 0
    for number in unsafe 0..<state.value.slots.totalCount {
      guard let slot = unsafe state.value.slots.element(at: number), unsafe slot.pointee.keeper == keeper.index else {
        continue
      }
      _ = unsafe takeOut(slot)
      closed += 1
    }
    return closed
  }

  /// Those of a keeper's sockets that have been parked the longest, at most so many, and only such as were parked by then.
  ///
  /// Looks at every socket that there is, so ask for many at once.
  package func longestParked(with keeper: KeeperID, by moment: MonotonicTime, atMost count: Int) -> [ChannelID] {
    var found: [(since: Int64, id: ChannelID)] = []
    for number in unsafe 0..<state.value.slots.totalCount {
      guard let slot = unsafe state.value.slots.element(at: number), unsafe slot.pointee.keeper == keeper.index,
        unsafe slot.pointee.parkedAt <= moment.nanoseconds
      else { continue }
      let id = unsafe ChannelID(number: slot.pointee.number, registration: slot.pointee.registration)
      unsafe found.append((slot.pointee.parkedAt, id))
    }
    if found.count > count { found.sort { $0.since < $1.since } }
    return found.prefix(count).map(\.id)
  }

  func wakeKeeper(of slot: UnsafeMutablePointer<Slot>, _ wake: Wake) {
    guard let keeper = unsafe state.value.keepers[Int(slot.pointee.keeper)] else { return }
    let tag = unsafe slot.pointee.tag
    asJob { keeper.channelWoke(unsafe takeOut(slot), tag: tag, wake: wake) }
  }

  private func takeOut(_ slot: UnsafeMutablePointer<Slot>) -> Channel {
    unsafe state.value.wheel.clear(timerNode(of: slot))
    unsafe slot.pointee.keeper = -1
    return unsafe Channel(slot: slot, loop: self)
  }

  func timerNode(of slot: UnsafeMutablePointer<Slot>) -> UnsafeMutablePointer<TimerNode> {
    // SAFETY: the node is the slot's first member.
    unsafe UnsafeMutableRawPointer(slot).assumingMemoryBound(to: TimerNode.self)
  }
}
