import Bytes
import Glibc

/// Channels from their first moment to their last.
extension EventLoop {
  /// Takes over a non-blocking descriptor, which closes with the socket.
  ///
  /// - Parameter isConnected: false while a `connect` is under way: it isn't writable before that is done.
  /// - Throws: when the kernel can't watch it; the descriptor is closed then.
  func adopt(
    descriptor: Int32, isConnected: Bool, peer: PeerBits = .unknown
  ) throws(SystemError) -> Channel {
    let slot = unsafe state.value.slots.take()
    unsafe slot.pointee.registration &+= 1
    unsafe slot.pointee.descriptor = descriptor
    unsafe slot.pointee.readiness = isConnected ? .writable : []
    unsafe slot.pointee.peer = peer
    do throws(SystemError) {
      try unsafe poller.add(descriptor, number: slot.pointee.number, registration: slot.pointee.registration)
    } catch {
      close(descriptor)
      unsafe state.value.slots.giveBack(slot)
      throw error
    }
    return unsafe Channel(slot: slot, loop: self)
  }

  /// Makes a channel without a descriptor, which nothing can be read from or written to but through its filter.
  ///
  /// - Parameter isConnected: false while the connection is being made: it isn't writable before ``raise(_:on:)`` says so.
  package func makeChannel(
    filter: (any ByteFilter)? = nil, isConnected: Bool = false, peer: SocketAddress? = nil
  ) -> Channel {
    let slot = unsafe state.value.slots.take()
    unsafe slot.pointee.registration &+= 1
    unsafe slot.pointee.readiness = isConnected ? .writable : []
    unsafe slot.pointee.peer = PeerBits(peer)
    var channel = unsafe Channel(slot: slot, loop: self)
    if let filter { channel.put(filter) }
    return channel
  }

  func release(_ slot: UnsafeMutablePointer<Slot>) {
    unsafe state.value.wheel.clear(timerNode(of: slot))
    if let wait = unsafe slot.pointee.readWait { unsafe finish(wait, .ready) }
    if let wait = unsafe slot.pointee.writeWait { unsafe finish(wait, .ready) }
    if let wait = unsafe slot.pointee.breakWait { unsafe finish(wait, .ready) }
    if unsafe slot.pointee.outgoing != nil {
      _ = unsafe flush(slot)
      if let memory = unsafe slot.pointee.outgoing { _ = unsafe ByteBuffer(memory) }
      unsafe slot.pointee.outgoing = nil
    }
    if let filter = unsafe slot.pointee.filter {
      unsafe filter.takeRetainedValue().filter.close(LowerChannel(slot: slot))
      unsafe slot.pointee.filter = nil
    }
    if unsafe slot.pointee.descriptor >= 0 { close(unsafe slot.pointee.descriptor) }
    unsafe slot.pointee.descriptor = -1
    unsafe slot.pointee.registration &+= 1
    unsafe slot.pointee.keeper = -1
    unsafe slot.pointee.traits = []
    unsafe slot.pointee.raised = []
    unsafe state.value.slots.giveBack(slot)
  }
}
