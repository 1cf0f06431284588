import Bytes
import HTTP
import Transport

/// Moves a body from one stream to another, a bounded buffer at a time.
///
/// The same for requests and responses, whatever the protocols at both ends: framing belongs to the streams. It never waits:
/// ``step(from:to:)`` does what can be done at once and says what to wait for, so that an exchange can run two of them side by side.
struct BodyRelay: ~Copyable {
  /// The condition for the relay to go on.
  enum Step: Equatable {
    /// The sender has to send.
    case needsSource
    /// The receiver has to read.
    case needsSink
    /// Much was done at once; others should have a turn.
    case needsTurn
    /// All is written.
    case finished
    case failed(Failure)
  }

  enum Failure: Error, Equatable {
    /// The sender closed before the end, or its connection failed.
    case sourceClosed(SystemError?)
    case sinkFailed(SystemError)
    case malformed(ChunkRejection)
    /// The body is longer than the limit.
    case tooLarge
  }

  /// Payload that was read and not yet written.
  private var buffer: ByteBuffer
  /// Bytes of payload seen so far.
  private(set) var payloadCount: UInt64 = 0
  private let limit: UInt64

  /// The number of buffers that are moved before others get a turn.
  private static let burst = 16

  /// - Parameter limit: the most payload there may be, in bytes.
  init(limit: UInt64 = .max, buffers: borrowing BufferPool) {
    self.limit = limit
    buffer = ByteBuffer(from: buffers)
  }

  /// Moves what can be moved now.
  mutating func step<Source: BodySource & ~Copyable, Sink: BodySink & ~Copyable>(
    from source: inout Source, to sink: inout Sink
  ) -> Step {
    for _ in 0..<Self.burst {
      var isWaiting = false
      if buffer.isEmpty, !source.isBodyReceived {
        switch source.readBody(into: &buffer) {
        case .payload(let count):
          payloadCount &+= UInt64(count)
          // A chunk that would be too much is not waited for.
          if payloadCount > limit || source.announcedCount > limit &- payloadCount { return .failed(.tooLarge) }
        case .wouldBlock: isWaiting = true
        case .failed(let failure): return .failed(failure)
        }
      }
      switch sink.writeBody(&buffer, from: source) {
      case .done: break
      case .wouldBlock:
        // Payload that stands in the sink's framing needs no second buffer, however long the receiver takes.
        buffer.giveBack()
        return .needsSink
      case .failed(let error): return .failed(.sinkFailed(error))
      }
      let isEnd = source.isBodyReceived
      if isEnd || isWaiting {
        buffer.giveBack()
        return isEnd ? .finished : .needsSource
      }
    }
    return .needsTurn
  }

  /// The reason for which the body can't be relayed, if the step says so and the receiver has got nothing of the message yet; nil
  /// otherwise.
  ///
  /// As long as that is so, another message may take the place of this one. Afterwards it can only be broken off.
  static func malformation(in step: Step, hasBegun: Bool) -> StaticString? {
    guard !hasBegun, case .failed(let failure) = step else { return nil }
    switch failure {
    case .malformed(let rejection): return rejection.reason
    case .tooLarge: return "body_too_large"
    case .sourceClosed: return "response_incomplete"
    case .sinkFailed: return nil
    }
  }
}
