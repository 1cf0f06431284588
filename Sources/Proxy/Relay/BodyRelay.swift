import Bytes
import HTTP
import Transport

/// A body on its way from one connection to another: read, checked, framed anew, written; a bounded buffer at a time.
///
/// The same for requests and responses. It never waits: ``step(from:input:to:)`` does what can be done at once and says what to wait
/// for, so that an exchange can run two of them side by side.
struct BodyRelay: ~Copyable {
  /// How the body is framed for its receiver.
  enum Framing {
    /// As it is: the receiver knows the length, or the close of the connection ends it.
    case plain
    case chunked
  }

  /// What has to happen before the relay can go on.
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
    /// The body is longer than ``limit``.
    case tooLarge
  }

  /// What waits to be written: the message's head, and bytes in new framing.
  var output: ByteBuffer
  /// Bytes of payload seen so far.
  private(set) var payloadCount: UInt64 = 0
  private(set) var body: IncomingBody
  private let framing: Framing
  private let limit: UInt64
  private let identityNames: IdentityFieldNames
  private var isEndWritten = false
  /// Whether the receiver has got anything yet.
  private(set) var hasBegun = false
  /// The last read filled its buffer: more than fits is on its way.
  private var isFlowing = false

  /// How many buffers are moved before others get a turn.
  private static let burst = 16

  /// - Parameters:
  ///   - framing: how the receiver gets it.
  ///   - limit: the most payload there may be.
  ///   - identityNames: fields that don't pass in a trailer.
  init(
    _ body: consuming IncomingBody, as framing: Framing, limit: UInt64 = .max,
    identityNames: borrowing IdentityFieldNames, buffers: borrowing BufferPool
  ) {
    self.body = body
    self.framing = framing
    self.limit = limit
    // Wanted for trailers only, and a reference not counted is time saved.
    self.identityNames = framing == .chunked ? copy identityNames : IdentityFieldNames()
    output = ByteBuffer(from: buffers)
  }

  /// Whether everything is written.
  var isFinished: Bool { body.isComplete && output.isEmpty }

  /// Whether everything of the body has arrived, though not all of it may be written.
  var isReceived: Bool { body.isComplete }

  /// Why the body can't be relayed, if the step says so and the receiver has got nothing of the message yet; nil otherwise.
  ///
  /// As long as that is so, another message may take the place of this one. Afterwards it can only be broken off.
  func nonsense(in step: Step) -> StaticString? {
    guard !hasBegun, case .failed(let failure) = step else { return nil }
    switch failure {
    case .malformed(let rejection): return rejection.reason
    case .tooLarge: return "body_too_large"
    case .sourceClosed: return "response_incomplete"
    case .sinkFailed: return nil
    }
  }

  /// Moves what can be moved now.
  ///
  /// - Parameters:
  ///   - input: what was read from the source; whatever lies behind the body stays there.
  mutating func step(from source: inout Socket, input: inout ByteBuffer, to sink: inout Socket) -> Step {
    for _ in 0..<Self.burst {
      do throws(Failure) {
        try encode(&input)
        guard try flush(&input, to: &sink) else {
          input.giveBack()
          return .needsSink
        }
        if body.isComplete {
          output.giveBack()
          return .finished
        }
        guard try read(&source, into: &input) else {
          input.giveBack()
          output.giveBack()
          return .needsSource
        }
      } catch {
        return .failed(error)
      }
    }
    return .needsTurn
  }

  /// Puts what has arrived into its new framing, behind what waits already.
  private mutating func encode(_ input: inout ByteBuffer) throws(Failure) {
    if body.isChunked {
      guard !input.isEmpty else { return }
      var count = 0
      let asChunks = framing == .chunked
      do throws(ChunkRejection) {
        try body.decode(&input) { payload in
          count = payload.count
          if asChunks { output.appendChunk(payload) } else { output.append(payload) }
        }
      } catch {
        throw .malformed(error)
      }
      try self.count(UInt64(count))
      // A chunk that would be too much is not waited for.
      if body.announcedCount > limit &- payloadCount { throw .tooLarge }
    } else if framing == .chunked, !input.isEmpty {
      let count = body.plainCount(of: input.count)
      output.appendChunk(input.readable.extracting(first: count))
      input.consume(count)
      body.advance(by: count)
      try self.count(UInt64(count))
    } else if !output.isEmpty {
      // The head and the first of the body go out together if they fit.
      let count = body.plainCount(of: input.count)
      guard count > 0, count <= output.freeCount else { return }
      output.append(input.readable.extracting(first: count))
      input.consume(count)
      body.advance(by: count)
      try self.count(UInt64(count))
    }
    if framing == .chunked, body.isComplete, !isEndWritten {
      isEndWritten = true
      body.writeLastChunk(to: &output, identity: identityNames)
    }
  }

  private mutating func count(_ count: UInt64) throws(Failure) {
    payloadCount &+= count
    if payloadCount > limit { throw .tooLarge }
  }

  /// Writes what waits, then what can go as it is; false if the sink takes no more.
  private mutating func flush(_ input: inout ByteBuffer, to sink: inout Socket) throws(Failure) -> Bool {
    // All that is left is in the output: nobody has to see it off.
    if body.isComplete, sink.sendAtTurnEnd(&output) {
      hasBegun = true
      return true
    }
    while !output.isEmpty {
      let hasMore = framing == .plain && !body.isChunked && !body.isComplete && !input.isEmpty
      switch sink.send(&output, more: hasMore) {
      case .bytes(0): return false
      case .bytes: hasBegun = true
      case .failed(let error): throw .sinkFailed(error)
      }
    }
    while framing == .plain, !body.isChunked, !body.isComplete, !input.isEmpty {
      switch sink.send(&input, limit: body.plainCount(of: input.count)) {
      case .bytes(0): return false
      case .bytes(let count):
        body.advance(by: count)
        try self.count(UInt64(count))
      case .failed(let error): throw .sinkFailed(error)
      }
    }
    return true
  }

  /// Reads once; false if nothing is there.
  private mutating func read(_ source: inout Socket, into input: inout ByteBuffer) throws(Failure) -> Bool {
    guard source.isReadable else { return false }
    makeRoom(in: &input)
    let room = min(input.freeCount, BufferPool.bulk)
    switch source.receive(into: &input, limit: room) {
    case .bytes(let count):
      isFlowing = count == room
      return true
    case .wouldBlock: return false
    case .endOfStream:
      guard body.endOfStream() else { throw .sourceClosed(nil) }
      return true
    case .failed(let error): throw .sourceClosed(error)
    }
  }

  /// A large buffer for a body that is known to be long or turns out to be, an ordinary one else.
  private func makeRoom(in input: inout ByteBuffer) {
    let isLong = isFlowing || (body.remaining ?? 0) > UInt64(2 * BufferPool.small)
    if isLong, input.isEmpty, input.freeCount < BufferPool.large {
      input.giveBack()
      input.reserve(BufferPool.large)
    } else {
      input.reserve(1024)
    }
  }
}
