import Bytes
import HTTP
import Transport

/// Reads the PROXY header that a connection begins with, and not a byte more: TLS or HTTP follows.
///
/// A header that comes in one piece takes two system calls: a look at it, and a read of exactly its size. Confined to its worker.
///
/// 1. Either one wait, or the call that is running, holds it.
/// 2. The header is there whole by the deadline, however it drips, or the connection is closed.
/// 3. The connection goes back to the acceptor once, to be served or to be closed.
final class ProxyHeaderReader: WaitHandler {
  private unowned let acceptor: ConnectionAcceptor
  private let loop: EventLoop
  private let listener: ListenerTag
  private let deadline: MonotonicTime
  private let state: Confined<State>

  private struct State: ~Copyable {
    var channel: Channel?
    /// The number of bytes to look at: as many as the header has, as far as that is known.
    var lookCount = usualMax
  }

  /// No header is longer that says nothing but addresses, in bytes.
  private static let usualMax = 256

  init(
    _ channel: consuming Channel, listener: ListenerTag, for acceptor: ConnectionAcceptor, in loop: EventLoop,
    until deadline: MonotonicTime
  ) {
    self.acceptor = acceptor
    self.loop = loop
    self.listener = listener
    self.deadline = deadline
    state = Confined(State(channel: channel))
    super.init()
  }

  func start() { read() }

  override func didWake(_ wake: Wake) {
    switch wake {
    case .ready: read()
    case .timedOut:
      guard let channel = state.value.channel.take() else { return }
      acceptor.refuse(channel, listener: listener, because: "its PROXY protocol header did not come in time")
    }
  }

  /// Goes on with what has arrived.
  private func read() {
    guard var channel = state.value.channel.take() else { return }
    while true {
      let room = state.value.lookCount
      var bytes = [UInt8](repeating: 0, count: room)
      var space = bytes.mutableSpan
      let count: Int
      switch channel.peek(into: &space) {
      case .bytes(let found): count = found
      case .wouldBlock: return wait(for: channel)
      case .endOfStream, .failed: return acceptor.drop(channel, listener: listener)
      }
      switch ProxyHeader.parse(bytes.span.extracting(first: count)) {
      case .complete(let header):
        bytes.removeSubrange(header.byteCount...)
        return take(header, into: bytes, from: channel, isAlone: count == header.byteCount && count < room)
      case .malformed(let fault): return acceptor.refuse(channel, listener: listener, because: fault.text)
      case .needsMore(let wanted):
        // Of a header that is longer than what was looked at, the rest may be there already.
        guard count == room else {
          channel.awaitMore()
          return wait(for: channel)
        }
        state.value.lookCount = max(wanted, count + 1)
      }
    }
  }

  /// Takes the header off the connection, and the client that it names for the peer.
  ///
  /// - Parameter isAlone: nothing had come behind it.
  private func take(
    _ header: ProxyHeader, into bytes: consuming [UInt8], from channel: consuming Channel, isAlone: Bool
  ) {
    var space = bytes.mutableSpan
    guard channel.receive(into: &space) == .bytes(header.byteCount) else {
      return acceptor.drop(channel, listener: listener)
    }
    if isAlone, !channel.isPeerFinished { channel.awaitMore() }
    if let peer = SocketAddress(header.source) { channel.name(peer: peer) }
    acceptor.introduced(channel, listener: listener)
  }

  /// Waits for more, unless nothing more will come.
  private func wait(for channel: consuming Channel) {
    guard !channel.isPeerFinished else { return acceptor.drop(channel, listener: listener) }
    let readable = channel.readable
    state.value.channel = consume channel
    if !loop.wait(for: readable, until: deadline, then: self) { loop.nextTurn(then: self) }
  }
}

extension SocketAddress {
  /// The client that the header names; nil if it names none.
  fileprivate init?(_ source: ProxyHeader.Source) {
    switch source {
    case .unnamed: return nil
    case .unixSocket: self = .unix(path: "")
    case .address(let address, let port): self.init(address, port: port)
    }
  }

  private init(_ address: IPAddress, port: UInt16) {
    switch address.family {
    case .v4: self = .ipv4(UInt32(truncatingIfNeeded: address.bits), port: port)
    case .v6:
      self = .ipv6(
        high: UInt64(truncatingIfNeeded: address.bits >> 64), low: UInt64(truncatingIfNeeded: address.bits), port: port,
        scope: 0)
    }
  }
}
