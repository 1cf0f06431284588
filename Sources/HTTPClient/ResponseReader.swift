import Bytes
package import HTTP
package import Transport

/// Reads one response over a connection that carries nothing else.
///
/// Confined to the loop.
package struct ResponseReader: ~Copyable {
  /// The number of interim responses (RFC 9110 §15.2) that are passed over.
  private static let interimLimit = 8

  private let loop: EventLoop
  private let deadline: MonotonicTime
  /// Bytes that were read and not yet dealt with.
  private(set) var input = ByteBuffer(capacity: 4096)

  /// - Parameter deadline: of all that is read.
  package init(in loop: EventLoop, until deadline: MonotonicTime) {
    self.loop = loop
    self.deadline = deadline
  }

  /// Reads the head of the final response to a GET.
  ///
  /// - Returns: the framing of the body that follows.
  package mutating func receiveHead(
    over stream: inout Channel, into head: inout ResponseHead
  ) async throws(FetchFailure) -> MessageFraming {
    var parser = ResponseHeadParser()
    var interimCount = 0
    while true {
      let parse = input.isEmpty ? .needsMore : parser.parse(input.readable, requestMethod: .get, into: &head)
      switch parse {
      case .complete(let byteCount):
        input.consume(byteCount)
        guard head.isInterim else { return parser.framing }
        interimCount += 1
        guard interimCount <= Self.interimLimit else { throw .malformed("interim_responses") }
      case .rejected(let rejection): throw .malformed("\(rejection.reason)")
      case .needsMore:
        input.reserve(4096)
        guard try await stream.receive(into: &input, in: loop, until: deadline) != nil else { throw .brokenOff }
      }
    }
  }

  /// Reads the body whole.
  ///
  /// - Parameter limit: the most bytes that it may have.
  package mutating func receiveBody(
    over stream: inout Channel, _ framing: MessageFraming, limit: Int
  ) async throws(FetchFailure) -> [UInt8] {
    var body = IncomingBody(framing, of: .response, keepsTrailers: false)
    if let announced = body.remaining, announced > limit { throw .tooLarge }
    var bytes: [UInt8] = []
    while true {
      if body.isChunked {
        do throws(ChunkRejection) {
          let decoded = try body.decode(&input)
          bytes.append(input.readable.extracting(decoded.payload))
          input.consume(decoded.consumedCount)
        } catch {
          throw .malformed("\(error.reason)")
        }
      } else {
        let count = body.plainCount(of: input.count)
        bytes.append(input.readable.extracting(first: count))
        body.advance(by: count)
        input.consume(count)
      }
      guard bytes.count <= limit else { throw .tooLarge }
      if body.isComplete { return bytes }
      input.reserve(16 * 1024)
      if try await stream.receive(into: &input, in: loop, until: deadline) == nil {
        guard body.endOfStream() else { throw .brokenOff }
        return bytes
      }
    }
  }

  /// Reads the body and drops it, so that its sender does not find the writing cut off.
  ///
  /// - Parameter limit: the number of bytes after which it is given up.
  package mutating func dropBody(
    over stream: inout Channel, _ framing: MessageFraming, limit: Int
  ) async throws(FetchFailure) {
    let body = IncomingBody(framing, of: .response, keepsTrailers: false)
    let wanted = body.isComplete ? 0 : min(limit, Int(clamping: body.remaining ?? .max))
    var dropped = input.count
    while dropped < wanted {
      input.removeAll()
      input.reserve(4096)
      guard let count = try await stream.receive(into: &input, in: loop, until: deadline) else { return }
      dropped += count
    }
  }
}
