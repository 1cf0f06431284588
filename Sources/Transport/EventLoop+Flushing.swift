import Bytes
internal import CSystem

/// Writes that wait for the end of the turn.
///
/// A write to a peer on the same machine wakes it, and a peer that was woken for each message goes to sleep after each. What the
/// exchanges of one turn have to say goes out together, so that one wake-up serves many.
///
/// 1. What is gathered is written before the loop waits for the kernel, and at the latest when ``flushMax`` sockets have something.
/// 2. A socket has at most one buffer waiting; a user that has more to write writes that one first.
/// 3. Nothing is lost when a socket closes: what waits is tried once more.
extension EventLoop {
  private static var flushMax: Int { 32 }

  /// Notes that the slot's outgoing bytes are to be written.
  func flushAtTurnEnd(_ slot: UnsafeMutablePointer<Slot>) {
    unsafe state.value.flushes.append(slot)
    if unsafe state.value.flushes.count >= Self.flushMax { flushAll() }
  }

  /// Writes what was gathered.
  func flushAll() {
    while let slot = unsafe state.value.flushes.popLast() {
      // A slot that has closed since, or was written to in between, has nothing left.
      guard unsafe slot.pointee.outgoing != nil, unsafe slot.pointee.readiness.contains(.writable) else { continue }
      if case .failed = unsafe flush(slot) { unsafe reportBroken(slot) }
    }
  }

  /// Writes a slot's outgoing bytes as far as there is room.
  func flush(_ slot: UnsafeMutablePointer<Slot>) -> Channel.Sent {
    guard let memory = unsafe slot.pointee.outgoing else { return .bytes(0) }
    var buffer = unsafe ByteBuffer(memory)
    unsafe slot.pointee.outgoing = nil
    var sent = unsafe Channel.send(&buffer, limit: .max, more: false, to: slot)
    // A filter may take a part of it and have room for more.
    while case .bytes = sent, !buffer.isEmpty, unsafe slot.pointee.readiness.contains(.writable) {
      sent = unsafe Channel.send(&buffer, limit: .max, more: false, to: slot)
    }
    if case .bytes = sent, !buffer.isEmpty { unsafe slot.pointee.outgoing = buffer.surrenderMemory() }
    return sent
  }

  /// Tells the waiter or the keeper of the socket that it is of no use any more: the next read will say why.
  private func reportBroken(_ slot: UnsafeMutablePointer<Slot>) {
    unsafe slot.pointee.readiness.formUnion([.readable, .writable, .broken])
    unsafe deliver([.readable, .writable, .broken], to: slot)
  }
}
