import Bytes
import HTTP
import Transport

/// One direction of a tunnel: bytes from one stream to the other as they are, a bounded buffer at a time.
///
/// It never waits: ``step(from:to:)`` does what can be done at once and says what to wait for. What is read is written before more is
/// read, so a receiver that is slow makes its sender slow, and a direction that is quiet holds no memory.
struct TunnelWay: ~Copyable {
  /// The condition for the direction to go on.
  enum Step: Equatable {
    /// The sender has to send.
    case needsSource
    /// The receiver has to read.
    case needsSink
    /// Much was done at once; others should have a turn.
    case needsTurn
    /// The sender has ended, and all that it has sent is written.
    case finished
    case sourceFailed
    case sinkFailed
  }

  /// Bytes that were read and not yet written.
  private(set) var buffer: ByteBuffer
  /// The number of bytes that were written.
  private(set) var byteCount: UInt64 = 0
  /// The position in the frames that have been read.
  private(set) var frames = WebSocketFrames()

  /// The number of buffers that are moved before others get a turn.
  private static let burst = 16

  init(buffers: borrowing BufferPool) { buffer = ByteBuffer(from: buffers) }

  /// Moves what can be moved now.
  mutating func step<Source: BodySource & ~Copyable, Sink: BodySink & ~Copyable>(
    from source: inout Source, to sink: inout Sink
  ) -> Step {
    for _ in 0..<Self.burst {
      let before = buffer.count
      let write = buffer.isEmpty ? .done : sink.writeBody(&buffer, from: source)
      byteCount &+= UInt64(before - buffer.count)
      switch write {
      case .done: break
      case .wouldBlock: return .needsSink
      case .failed: return .sinkFailed
      }
      if source.isBodyReceived {
        buffer.giveBack()
        return .finished
      }
      switch source.readBody(into: &buffer) {
      case .payload: Self.follow(buffer, with: &frames)
      case .wouldBlock: return .needsSource
      case .failed: return .sourceFailed
      }
    }
    return .needsTurn
  }

  private static func follow(_ buffer: borrowing ByteBuffer, with frames: inout WebSocketFrames) {
    frames.follow(buffer.readable)
  }
}
