import Bytes

/// Reads and writes of a channel that has a filter.
extension Channel {
  /// The filter of a slot, which is known to have one.
  static func filter(of slot: UnsafeMutablePointer<Slot>) -> any ByteFilter {
    guard let box = unsafe slot.pointee.filter else { preconditionFailure("no filter") }
    return unsafe box.takeUnretainedValue().filter
  }

  @inline(never)
  static func receiveFiltered(
    into buffer: inout ByteBuffer, room: Int, from slot: UnsafeMutablePointer<Slot>
  ) -> Received {
    var received = Received.wouldBlock
    unsafe buffer.withUnsafeFreeSpace { space in
      let memory = unsafe UnsafeMutableRawBufferPointer(rebasing: space[..<room]).bindMemory(to: UInt8.self)
      var bytes = unsafe memory.mutableSpan
      received = unsafe receiveFiltered(into: &bytes, from: slot)
      if case .bytes(let count) = received { return count }
      return 0
    }
    return received
  }

  static func receiveFiltered(
    into bytes: inout MutableSpan<UInt8>, from slot: UnsafeMutablePointer<Slot>
  ) -> Received {
    let (filter, lower) = unsafe (filter(of: slot), LowerChannel(slot: slot))
    let received = filter.receive(into: &bytes, from: lower)
    switch received {
    case .bytes: if !filter.mayReceive(lower) { unsafe slot.pointee.readiness.remove(.readable) }
    case .wouldBlock: unsafe slot.pointee.readiness.remove(.readable)
    case .endOfStream, .failed: break
    }
    return received
  }

  @inline(never)
  static func flushFiltered(_ slot: UnsafeMutablePointer<Slot>) -> Flushed {
    let flushed = unsafe filter(of: slot).flush(LowerChannel(slot: slot))
    if flushed == .wouldBlock { unsafe slot.pointee.readiness.remove(.writable) }
    return flushed
  }

  static func sendFiltered(_ bytes: Span<UInt8>, more: Bool, to slot: UnsafeMutablePointer<Slot>) -> Sent {
    let sent = unsafe filter(of: slot).send(bytes, more: more, to: LowerChannel(slot: slot))
    if sent == .bytes(0) { unsafe slot.pointee.readiness.remove(.writable) }
    return sent
  }
}
