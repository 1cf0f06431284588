import Bytes
import Glibc
import Transport

/// A connection in memory between the gateway and a peer that a test plays.
///
/// The gateway's end is a channel whose filter this is. What the peer does raises the readiness that the kernel would report.
final class MemoryLink: ByteFilter {
  /// One direction: bytes on their way, at most `capacity`.
  private struct Direction {
    var bytes: [UInt8] = []
    var start = 0
    let capacity: Int
    /// The sender says no more.
    var isFinished = false

    var count: Int { bytes.count - start }
    var room: Int { max(0, capacity - count) }

    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
      let taken = bytes[start..<start + count]
      start += count
      if start == bytes.count || start > 1 << 16 {
        bytes.removeFirst(start)
        start = 0
      }
      return taken
    }
  }

  let number: Int
  private let loop: EventLoop
  /// The number of bytes that a read or write of the gateway moves, of those that it could move: at least one.
  private let portion: (Int) -> Int
  private let onClose: (MemoryLink) -> Void
  private var toGateway: Direction
  private var fromGateway: Direction
  /// The gateway's end, once it has one.
  private var channel: ChannelID?
  /// The connection is gone without a proper end, whoever has done it.
  private(set) var isReset = false
  private var peerHasClosed = false
  private var resetsOnClose = false
  private(set) var gatewayHasClosed = false
  /// The failure that the gateway's connect ends in; nil if it succeeds.
  var connectionFailure: SystemError?

  /// - Parameters:
  ///   - capacity: the most bytes that are on their way in one direction.
  ///   - onClose: is called when the gateway has closed its end.
  init(
    _ number: Int, in loop: EventLoop, capacity: (toGateway: Int, fromGateway: Int) = (1 << 16, 1 << 16),
    portion: @escaping (Int) -> Int = { $0 }, onClose: @escaping (MemoryLink) -> Void = { _ in }
  ) {
    self.number = number
    self.loop = loop
    self.portion = portion
    self.onClose = onClose
    toGateway = Direction(capacity: capacity.toGateway)
    fromGateway = Direction(capacity: capacity.fromGateway)
  }

  /// The gateway's end of the connection.
  ///
  /// - Parameter isConnected: false while the connection is being made.
  func open(isConnected: Bool) -> Channel {
    let peer = SocketAddress.ipv4(0xCB00_7109, port: 4000)
    let socket = loop.makeChannel(filter: self, isConnected: isConnected, peer: peer)
    channel = socket.id
    return socket
  }

  private func raise(_ readiness: Readiness) {
    guard let channel, !gatewayHasClosed else { return }
    loop.raise(readiness, on: channel)
  }

  // MARK: The peer's side

  /// The connection that the gateway has begun to make stands, or has failed.
  func answerConnect() { raise(connectionFailure == nil ? .writable : [.readable, .writable, .broken]) }

  /// Writes what there is room for, and says how much that was.
  func write(_ bytes: ArraySlice<UInt8>) -> Int {
    guard !isReset, !gatewayHasClosed, !toGateway.isFinished else { return bytes.count }
    let count = min(toGateway.room, bytes.count)
    guard count > 0 else { return 0 }
    toGateway.bytes += bytes.prefix(count)
    raise(.readable)
    return count
  }

  /// Reads at most so many bytes.
  func read(atMost limit: Int) -> ArraySlice<UInt8> {
    let hadRoom = fromGateway.room > 0
    let taken = fromGateway.take(min(limit, fromGateway.count))
    if !hadRoom, fromGateway.room > 0 { raise(.writable) }
    return taken
  }

  /// Nothing more will come, and all was read.
  var hasEnded: Bool { fromGateway.count == 0 && (fromGateway.isFinished || gatewayHasClosed || isReset) }

  /// Ends the sending side.
  func finish() {
    toGateway.isFinished = true
    raise([.readable, .peerFinished])
  }

  /// Closes the connection; bytes that were not read reset it.
  func close() {
    guard !peerHasClosed else { return }
    if fromGateway.count > 0 { return reset() }
    peerHasClosed = true
    finish()
  }

  /// Resets the connection.
  func reset() {
    peerHasClosed = true
    isReset = true
    toGateway = Direction(capacity: 0)
    fromGateway = Direction(capacity: 0)
    raise([.readable, .writable, .peerFinished, .broken])
  }

  // MARK: The gateway's side

  func receive(into bytes: inout MutableSpan<UInt8>, from lower: LowerChannel) -> Channel.Received {
    if isReset { return .failed(SystemError(code: ECONNRESET)) }
    guard toGateway.count > 0 else { return toGateway.isFinished ? .endOfStream : .wouldBlock }
    let most = min(bytes.count, toGateway.count)
    let count = portion(most)
    for (index, byte) in toGateway.take(count).enumerated() { bytes[index] = byte }
    return .bytes(count)
  }

  func send(_ bytes: Span<UInt8>, more: Bool, to lower: LowerChannel) -> Channel.Sent {
    if isReset { return .failed(SystemError(code: EPIPE)) }
    if peerHasClosed {
      // The kernel takes the bytes, and learns from the peer's answer that nobody reads them.
      isReset = true
      raise([.readable, .writable, .peerFinished, .broken])
      return .bytes(bytes.count)
    }
    let most = min(fromGateway.room, bytes.count)
    guard most > 0 else { return .bytes(0) }
    let count = portion(most)
    for index in 0..<count { fromGateway.bytes.append(bytes[index]) }
    return .bytes(count)
  }

  func flush(_ lower: LowerChannel) -> Channel.Flushed { .flushed }

  func finishSending(_ lower: LowerChannel) {
    fromGateway.isFinished = true
    if toGateway.isFinished { raise(.broken) }
  }

  func translate(_ readiness: Readiness, _ lower: LowerChannel) -> Readiness { readiness }
  func mayReceive(_ lower: LowerChannel) -> Bool { toGateway.count > 0 || toGateway.isFinished || isReset }
  func unsentCount(_ lower: LowerChannel) -> Int { fromGateway.count }
  func resetOnClose(_ lower: LowerChannel) { resetsOnClose = true }
  func connectionError(_ lower: LowerChannel) -> SystemError? { connectionFailure }

  func close(_ lower: LowerChannel) {
    gatewayHasClosed = true
    // The kernel resets a connection that is closed with bytes unread.
    if resetsOnClose || toGateway.count > 0 {
      isReset = true
      // Bytes that the peer has not read by then may be lost, or not.
      if portion(2) == 1 { fromGateway = Direction(capacity: 0) }
    }
    onClose(self)
  }
}
