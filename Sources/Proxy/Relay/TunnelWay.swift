import Bytes
import HTTP
import Transport

/// One direction of a tunnel: bytes read from one connection and written to the other as they are, a bounded buffer at a time.
///
/// It never waits: ``step(from:through:to:)`` does what can be done at once and says what to wait for. What is read is written before
/// more is read, so a receiver that is slow makes its sender slow, and a direction that is quiet holds no memory.
struct TunnelWay: ~Copyable {
  /// What has to happen before the direction can go on.
  enum Step: Equatable {
    /// The sender has to send.
    case needsSource
    /// The receiver has to read.
    case needsSink
    /// Much was done at once; others should have a turn.
    case needsTurn
    /// The sender has ended, and the receiver has been told.
    case finished
    case sourceFailed
    case sinkFailed
  }

  /// Bytes that were written.
  private(set) var byteCount: UInt64 = 0
  /// Where the frames are that have been read.
  private(set) var frames = WebSocketFrames()
  private var isEnding = false
  /// The last read filled its buffer: more than fits is on its way.
  private var isFlowing = false

  /// How many buffers are moved before others get a turn.
  private static let burst = 16

  /// - Parameter early: what has been read already, behind the head of the message that opened the tunnel.
  init(early: borrowing ByteBuffer) { frames.follow(early.readable) }

  /// Moves what can be moved now.
  ///
  /// - Parameter buffer: what was read and not yet written.
  mutating func step(from source: inout Socket, through buffer: inout ByteBuffer, to sink: inout Socket) -> Step {
    for _ in 0..<Self.burst {
      while !buffer.isEmpty {
        switch sink.send(&buffer) {
        case .bytes(0): return .needsSink
        case .bytes(let count): byteCount &+= UInt64(count)
        case .failed: return .sinkFailed
        }
      }
      if isEnding {
        buffer.giveBack()
        sink.finishSending()
        return .finished
      }
      guard source.isReadable else {
        buffer.giveBack()
        return .needsSource
      }
      makeRoom(in: &buffer)
      let room = min(buffer.freeCount, BufferPool.bulk)
      switch source.receive(into: &buffer, limit: room) {
      case .bytes(let count):
        isFlowing = count == room
        frames.follow(buffer.readable)
      case .wouldBlock:
        buffer.giveBack()
        return .needsSource
      case .endOfStream: isEnding = true
      case .failed: return .sourceFailed
      }
    }
    return .needsTurn
  }

  /// A large buffer once an ordinary one was filled.
  private func makeRoom(in buffer: inout ByteBuffer) {
    let size = isFlowing ? BufferPool.large : BufferPool.small
    if buffer.capacity != size { buffer.giveBack() }
    buffer.reserve(size)
  }
}
