/// Stands between the users of a channel and its descriptor, as TLS does, or takes the place of a descriptor.
///
/// The channel's users see the filter's bytes and its readiness. The filter reads and writes through the ``LowerChannel`` that it is
/// given with each call, and says in ``translate(_:_:)`` what an event of the descriptor means for its users. A channel without a filter
/// pays one predictable branch for each system call.
///
/// 1. A filter is called only on its loop's thread, never inside another call of its own.
/// 2. After `.wouldBlock` the users wait; the filter sees to it that ``translate(_:_:)`` or ``EventLoop/raise(_:on:)`` wakes them.
/// 3. ``close(_:)`` is the last call.
package protocol ByteFilter: AnyObject {
  /// Reads what there is, at most what fits.
  func receive(into bytes: inout MutableSpan<UInt8>, from lower: LowerChannel) -> Channel.Received

  /// Writes what can be taken now.
  ///
  /// A filter may take bytes that its descriptor does not take yet: ``flush(_:)`` says when they are gone.
  ///
  /// - Parameter more: more will follow at once.
  /// - Returns: 0 bytes if it would block.
  func send(_ bytes: Span<UInt8>, more: Bool, to lower: LowerChannel) -> Channel.Sent

  /// Writes what was taken and waits for room below.
  func flush(_ lower: LowerChannel) -> Channel.Flushed

  /// Ends the sending side; the other one stays open.
  func finishSending(_ lower: LowerChannel)

  /// Does what an event of the descriptor allows, and returns what it means for the filter's users.
  ///
  /// A filter that is still agreeing on something with the other side goes on with that here; until it has agreed its channel is neither
  /// readable nor writable.
  func translate(_ readiness: Readiness, _ lower: LowerChannel) -> Readiness

  /// True if a read may bring something before the next event of the descriptor: the channel stays readable then.
  ///
  /// A filter may have bytes that its descriptor knows nothing of.
  func mayReceive(_ lower: LowerChannel) -> Bool

  /// The number of bytes that were written and not yet taken by the peer's machine.
  func unsentCount(_ lower: LowerChannel) -> Int

  /// The peer shall not take what it has got for the whole: the connection is reset when it closes.
  func resetOnClose(_ lower: LowerChannel)

  /// The failure of the connection that was being made; nil if it stands.
  func connectionError(_ lower: LowerChannel) -> SystemError?

  /// The channel has closed.
  func close(_ lower: LowerChannel)
}

/// The descriptor below a filter, during the call that it is given with.
///
/// Its readiness is the kernel's; that of the channel above is the filter's.
@safe
package struct LowerChannel: BitwiseCopyable {
  // SAFETY: the loop makes it for the time of one call into a filter, while the slot belongs to the channel.
  let slot: UnsafeMutablePointer<Slot>

  /// False for a channel that has no descriptor.
  package var hasDescriptor: Bool { unsafe slot.pointee.descriptor >= 0 }

  /// True if the peer has closed its sending side or all of the connection, as far as is known.
  package var isPeerFinished: Bool {
    unsafe !slot.pointee.lowerReadiness.isDisjoint(with: [.peerFinished, .broken])
  }

  /// True if a read may bring something, as far as is known.
  package var isReadable: Bool { unsafe slot.pointee.lowerReadiness.contains(.readable) }

  /// True if bytes or the end are pending; asks the kernel: one system call.
  package var hasPendingInput: Bool {
    unsafe hasDescriptor && StreamDescriptor.hasPendingInput(slot.pointee.descriptor)
  }

  /// Reads from the descriptor, if something is known to be there: one system call.
  package func receive(into bytes: inout MutableSpan<UInt8>) -> Channel.Received {
    guard unsafe slot.pointee.lowerReadiness.contains(.readable), !bytes.isEmpty else { return .wouldBlock }
    let result = unsafe StreamDescriptor.receive(from: slot.pointee.descriptor, into: &bytes)
    return unsafe StreamDescriptor.received(result, room: bytes.count, clearing: &slot.pointee.lowerReadiness)
  }

  /// Writes to the descriptor, if there is known to be room: one system call.
  package func send(_ bytes: Span<UInt8>, more: Bool = false) -> Channel.Sent {
    guard unsafe slot.pointee.lowerReadiness.contains(.writable), !bytes.isEmpty else { return .bytes(0) }
    let result = unsafe StreamDescriptor.send(bytes, more: more, to: slot.pointee.descriptor)
    return unsafe StreamDescriptor.sent(result, of: bytes.count, clearing: &slot.pointee.lowerReadiness)
  }

  /// Ends the descriptor's sending side.
  package func finishSending() { unsafe StreamDescriptor.finishSending(slot.pointee.descriptor) }

  /// The number of bytes that the kernel holds for the peer.
  package var unsentCount: Int { unsafe StreamDescriptor.unsentCount(slot.pointee.descriptor) }

  /// Tells the kernel to reset the connection when it closes.
  package func resetOnClose() { unsafe StreamDescriptor.resetOnClose(slot.pointee.descriptor) }

  /// The outcome of `connect`.
  package var connectionError: SystemError? { unsafe StreamDescriptor.connectionError(slot.pointee.descriptor) }
}

/// Keeps a filter by one pointer, as a slot needs it.
@safe
final class FilterBox {
  let filter: any ByteFilter

  init(_ filter: any ByteFilter) { self.filter = filter }
}
