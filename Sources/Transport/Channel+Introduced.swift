/// Connections whose first bytes are about them, and not yet of them: a load balancer says whose connection it passes on.
extension Channel {
  /// Reads what there is and leaves it there, for those who must take no byte more than is theirs.
  ///
  /// A look that brought too little is to be followed by ``awaitMore()``. One system call, none if nothing is known to be there. Only
  /// for a channel without a filter.
  package mutating func peek(into bytes: inout MutableSpan<UInt8>) -> Received {
    assert(!isFiltered, "a filter has no bytes to look at")
    guard unsafe slot.pointee.readiness.contains(.readable), !isFiltered, !bytes.isEmpty else { return .wouldBlock }
    let result = unsafe StreamDescriptor.peek(at: slot.pointee.descriptor, into: &bytes)
    return unsafe StreamDescriptor.received(result, room: result, clearing: &slot.pointee.readiness)
  }

  /// Makes the next wait for ``readable`` one for bytes, or an end, that come from now on.
  package mutating func awaitMore() { unsafe slot.pointee.readiness.remove(.readable) }

  /// Takes the address for the peer's from now on.
  package mutating func name(peer address: SocketAddress) { unsafe slot.pointee.peer = PeerBits(address) }
}
