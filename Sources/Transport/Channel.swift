package import Bytes
internal import CSystem
import Glibc

/// A stream connection of one loop: closed when the value dies.
///
/// It has a descriptor, a ``ByteFilter``, or both: a socket in clear, something that takes the place of one, a TLS connection. Every call
/// returns at once; "would block" is an outcome, after which one waits for ``readable`` or ``writable``. Confined to the loop's thread.
@safe
package struct Channel: ~Copyable {
  // SAFETY: the slot belongs to this value alone until it dies or is surrendered, and the loop outlives its sockets.
  private(set) var slot: UnsafeMutablePointer<Slot>
  private let loop: Unmanaged<EventLoop>

  init(slot: UnsafeMutablePointer<Slot>, loop: EventLoop) {
    unsafe self.slot = slot
    unsafe self.loop = Unmanaged.passUnretained(loop)
  }

  deinit { if unsafe slot != .noSlot { unsafe loop._withUnsafeGuaranteedRef { unsafe $0.release(slot) } } }

  /// Gives the slot away without closing it.
  consuming func surrender() -> UnsafeMutablePointer<Slot> {
    let slot = unsafe self.slot
    discard self
    return unsafe slot
  }

  /// Takes the connection out, which leaves a socket of no connection; nothing may be done with that but let it die.
  package mutating func detach() -> Channel {
    let socket = unsafe Channel(slot: slot, loop: loop)
    unsafe slot = .noSlot
    return socket
  }

  private init(slot: UnsafeMutablePointer<Slot>, loop: Unmanaged<EventLoop>) {
    unsafe self.slot = slot
    unsafe self.loop = loop
  }

  /// Names the connection while it is parked.
  package var id: ChannelID {
    unsafe ChannelID(number: slot.pointee.number, registration: slot.pointee.registration)
  }

  // MARK: Events

  /// Something to read, or the end of the stream.
  package var readable: Interest { interest(.readable) }
  /// Room to write; also the end of a `connect`.
  package var writable: Interest { interest(.writable) }
  /// Both directions closed, or an error.
  package var broken: Interest { interest(.broken) }
  /// The peer has closed its sending side, or all of the connection.
  package var finished: Interest { interest([.peerFinished, .broken]) }

  /// No event of the connection at all: ``EventLoop/interrupt(_:)`` alone ends a wait for it.
  package var interruption: Interest { interest([]) }

  private func interest(_ event: Readiness) -> Interest {
    unsafe Interest(slot: slot, registration: slot.pointee.registration, event: event)
  }

  /// True if a read may bring something, as far as is known.
  package var isReadable: Bool { unsafe slot.pointee.readiness.contains(.readable) }
  /// True if the peer has closed its sending side or all of the connection, as far as is known.
  package var isPeerFinished: Bool { unsafe !slot.pointee.readiness.isDisjoint(with: [.peerFinished, .broken]) }
  /// True if the connection is gone in both directions, as far as is known.
  package var isBroken: Bool { unsafe slot.pointee.readiness.contains(.broken) }

  /// True if ``sendAtTurnEnd(_:)`` would take a message now.
  package var takesAtTurnEnd: Bool {
    unsafe slot.pointee.outgoing == nil && slot.pointee.readiness.contains(.writable)
  }

  /// The events that hold, as far as is known.
  var readiness: Readiness { unsafe slot.pointee.readiness }

  /// Raises events on a channel of no descriptor.
  mutating func raise(_ readiness: Readiness) {
    unsafe loop._withUnsafeGuaranteedRef { unsafe $0.raise(readiness, on: slot) }
  }

  /// Takes raised events back.
  mutating func clear(_ readiness: Readiness) {
    unsafe slot.pointee.readiness.subtract(readiness)
    unsafe slot.pointee.raised.subtract(readiness)
  }

  // MARK: Filters

  /// Puts a filter between this value and the descriptor; there must be none yet.
  package mutating func put(_ filter: any ByteFilter) {
    precondition(unsafe slot.pointee.filter == nil, "a channel has one filter")
    unsafe slot.pointee.filter = .passRetained(FilterBox(filter))
    unsafe slot.pointee.lowerReadiness = slot.pointee.readiness
    unsafe slot.pointee.traits.insert(.isFiltered)
  }

  /// Puts a filter above a connected descriptor; from now on the channel's readiness is what the filter makes of the descriptor's.
  package mutating func begin(_ filter: any ByteFilter) {
    put(filter)
    unsafe slot.pointee.readiness = filter.translate(slot.pointee.lowerReadiness, LowerChannel(slot: slot))
  }

  /// The filter; nil for a channel in clear.
  package var filter: (any ByteFilter)? { isFiltered ? unsafe Self.filter(of: slot) : nil }

  /// True if a filter stands between this value and the descriptor, or in its place.
  package var isFiltered: Bool { unsafe slot.pointee.traits.contains(.isFiltered) }

  // MARK: Bytes

  /// The outcome of a try to read.
  package enum Received: Equatable, Sendable {
    case bytes(Int)
    case wouldBlock
    /// The peer will send no more.
    case endOfStream
    case failed(SystemError)
  }

  /// Reads what there is, at most what fits into the buffer without growing.
  ///
  /// One system call, none if nothing is known to be there.
  ///
  /// - Parameter limit: how many bytes to read at most.
  package mutating func receive(into buffer: inout ByteBuffer, limit: Int = .max) -> Received {
    guard unsafe slot.pointee.readiness.contains(.readable) else { return .wouldBlock }
    let room = min(buffer.freeCount, limit)
    guard room > 0 else { return .bytes(0) }
    if isFiltered { return unsafe Self.receiveFiltered(into: &buffer, room: room, from: slot) }
    let descriptor = unsafe slot.pointee.descriptor
    var result = 0
    unsafe buffer.withUnsafeFreeSpace { space in
      repeat { result = unsafe csystem_recv(descriptor, space.baseAddress, room) } while result == -Int(EINTR)
      return max(0, result)
    }
    return unsafe StreamDescriptor.received(result, room: room, clearing: &slot.pointee.readiness)
  }

  /// The same into plain memory, for those who take what was read apart before anybody keeps it.
  package mutating func receive(into bytes: inout MutableSpan<UInt8>) -> Received {
    guard unsafe slot.pointee.readiness.contains(.readable) else { return .wouldBlock }
    guard !bytes.isEmpty else { return .bytes(0) }
    if isFiltered { return unsafe Self.receiveFiltered(into: &bytes, from: slot) }
    let result = unsafe StreamDescriptor.receive(from: slot.pointee.descriptor, into: &bytes)
    return unsafe StreamDescriptor.received(result, room: bytes.count, clearing: &slot.pointee.readiness)
  }

  /// The outcome of a try to write.
  package enum Sent: Equatable, Sendable {
    /// That many bytes were taken; 0 if it would block.
    case bytes(Int)
    case failed(SystemError)
  }

  /// Writes what the kernel takes of the buffer's unread bytes and consumes it.
  ///
  /// One system call, none if there is known to be no room.
  ///
  /// - Parameters:
  ///   - limit: how many bytes to write at most.
  ///   - more: whether more will follow at once, so that the kernel may wait for it before it sends a short segment.
  package mutating func send(_ buffer: inout ByteBuffer, limit: Int = .max, more: Bool = false) -> Sent {
    switch flush() {
    case .flushed: return unsafe Self.send(&buffer, limit: limit, more: more, to: slot)
    case .wouldBlock: return .bytes(0)
    case .failed(let error): return .failed(error)
    }
  }

  /// Writes what the kernel takes of these bytes, after all that waits for the end of the turn.
  package mutating func send(_ bytes: Span<UInt8>) -> Sent {
    switch flush() {
    case .flushed: break
    case .wouldBlock: return .bytes(0)
    case .failed(let error): return .failed(error)
    }
    guard unsafe slot.pointee.readiness.contains(.writable), !bytes.isEmpty else { return .bytes(0) }
    if isFiltered { return unsafe Self.sendFiltered(bytes, more: false, to: slot) }
    let result = unsafe StreamDescriptor.send(bytes, more: false, to: slot.pointee.descriptor)
    return unsafe StreamDescriptor.sent(result, of: bytes.count, clearing: &slot.pointee.readiness)
  }

  /// Takes the buffer to be written when this turn of the loop ends.
  ///
  /// For messages that are complete: nobody waits for them to be written. If the connection fails, the next read says so.
  /// - Returns: false if that can't be relied on, because there is no room or something waits already; nothing was taken then.
  package mutating func sendAtTurnEnd(_ buffer: inout ByteBuffer) -> Bool {
    guard unsafe slot.pointee.outgoing == nil, unsafe slot.pointee.readiness.contains(.writable), !buffer.isEmpty
    else { return false }
    unsafe slot.pointee.outgoing = buffer.surrenderMemory()
    unsafe loop._withUnsafeGuaranteedRef { unsafe $0.flushAtTurnEnd(slot) }
    return true
  }

  /// The fate of bytes that waited for the end of the turn.
  package enum Flushed: Equatable, Sendable {
    /// Nothing waits any more.
    case flushed
    case wouldBlock
    case failed(SystemError)
  }

  /// Writes now what waits for the end of the turn, and what a filter has taken.
  package mutating func flush() -> Flushed {
    guard unsafe slot.pointee.outgoing != nil else { return isFiltered ? unsafe Self.flushFiltered(slot) : .flushed }
    if case .failed(let error) = unsafe loop._withUnsafeGuaranteedRef({ unsafe $0.flush(slot) }) {
      return .failed(error)
    }
    guard unsafe slot.pointee.outgoing == nil else { return .wouldBlock }
    return isFiltered ? unsafe Self.flushFiltered(slot) : .flushed
  }

  static func send(
    _ buffer: inout ByteBuffer, limit: Int, more: Bool, to slot: UnsafeMutablePointer<Slot>
  ) -> Sent {
    guard unsafe slot.pointee.readiness.contains(.writable) else { return .bytes(0) }
    let wanted = min(buffer.count, limit)
    guard wanted > 0 else { return .bytes(0) }
    if unsafe slot.pointee.traits.contains(.isFiltered) {
      let sent = unsafe sendFiltered(buffer.readable.extracting(first: wanted), more: more, to: slot)
      if case .bytes(let count) = sent { buffer.consume(count) }
      return sent
    }
    let descriptor = unsafe slot.pointee.descriptor
    let result = unsafe buffer.withUnsafeReadable { bytes in
      var result = 0
      repeat {
        result = unsafe csystem_send(descriptor, bytes.baseAddress, wanted, more ? 1 : 0)
      } while result == -Int(EINTR)
      return result
    }
    if result > 0 { buffer.consume(result) }
    return unsafe StreamDescriptor.sent(result, of: wanted, clearing: &slot.pointee.readiness)
  }

  /// True if a connection that nobody waits for has bytes or its end pending; asks the kernel: one system call.
  package var hasPendingInput: Bool {
    if isFiltered {
      let lower = unsafe LowerChannel(slot: slot)
      return unsafe Self.filter(of: slot).mayReceive(lower) || lower.hasPendingInput
    }
    return unsafe StreamDescriptor.hasPendingInput(slot.pointee.descriptor)
  }

  /// The number of bytes that were written and not yet taken by the peer's machine: one system call.
  package var unsentCount: Int {
    if isFiltered { return unsafe Self.filter(of: slot).unsentCount(LowerChannel(slot: slot)) }
    return unsafe StreamDescriptor.unsentCount(slot.pointee.descriptor)
  }

  /// Ends the sending side; the other one stays open.
  ///
  /// Bytes that wait to be written must have been flushed before.
  package mutating func finishSending() {
    if isFiltered { return unsafe Self.filter(of: slot).finishSending(LowerChannel(slot: slot)) }
    unsafe StreamDescriptor.finishSending(slot.pointee.descriptor)
  }

  /// Resets the connection when it closes, so that a peer can't take what it has got for the whole.
  package mutating func resetOnClose() {
    if isFiltered { return unsafe Self.filter(of: slot).resetOnClose(LowerChannel(slot: slot)) }
    unsafe StreamDescriptor.resetOnClose(slot.pointee.descriptor)
  }

  /// Lets the kernel ask now and then whether the peer's machine is still there while nothing is sent; the connection breaks if
  /// it isn't.
  ///
  /// For connections that may be quiet for long. Those that are no TCP connections need none.
  package mutating func keepAlive(after idle: Duration, every interval: Duration, count: Int32) {
    guard unsafe slot.pointee.descriptor >= 0 else { return }
    let options = [
      (SOL_SOCKET, SO_KEEPALIVE, 1), (Int32(IPPROTO_TCP), TCP_KEEPIDLE, Int32(clamping: idle.components.seconds)),
      (Int32(IPPROTO_TCP), TCP_KEEPINTVL, Int32(clamping: interval.components.seconds)),
      (Int32(IPPROTO_TCP), TCP_KEEPCNT, count),
    ]
    for (level, name, value) in options {
      var value = value
      unsafe _ = setsockopt(slot.pointee.descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  // MARK: Addresses

  /// The peer of an accepted socket, as the kernel said when it came or as ``name(peer:)`` has it; nil for a socket that connected
  /// itself.
  package var peerAddress: SocketAddress? { unsafe slot.pointee.peer.address }

  // MARK: Connecting

  /// True if the connection is made as far as is known.
  package var isWritable: Bool { unsafe slot.pointee.readiness.contains(.writable) }

  /// The failure of the connection that was being made; nil if it stands.
  package func connectionError() -> SystemError? {
    if isFiltered { return unsafe Self.filter(of: slot).connectionError(LowerChannel(slot: slot)) }
    return unsafe StreamDescriptor.connectionError(slot.pointee.descriptor)
  }

}
