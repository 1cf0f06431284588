import Bytes
import HTTP
import Transport

/// The bytes of one HTTP/1.1 connection in both directions, and the framing of the messages that they carry (RFC 9112 §6, §7).
///
/// The same for the client's connection and for one to an upstream.
///
/// 1. A body is read only as far as its framing goes; what was read beyond stays in ``input``, for the next message.
/// 2. A plain body that takes all of a read goes on in the memory that it was read into; a chunked one is decoded there.
/// 3. A head and the body behind it go out in one write, if they fit.
struct HTTP1Connection: ~Copyable {
  var channel: Channel
  /// Bytes that were read and not yet dealt with: a head in pieces, a body, messages sent ahead.
  var input: ByteBuffer
  /// Bytes to be written: a head, and a body in its framing.
  var output: ByteBuffer
  private(set) var incoming = IncomingBody(.none, keepsTrailers: false)
  private(set) var outgoing = OutgoingMessage()
  /// True once something of the body has been asked for.
  private(set) var isBodyTouched = false
  /// The number of bytes of the incoming body and its framing that have been taken.
  private(set) var bodyWireCount: UInt64 = 0
  /// The last read filled its buffer: more than fits is on its way.
  private var isFlowing = false

  /// A message on its way out.
  struct OutgoingMessage {
    var isChunked = false
    /// The last chunk is written.
    var isEnded = false
    /// The kernel has taken a byte of it.
    var hasBegun = false
    /// Fields that don't pass in a trailer; nil unless it is chunked.
    var identityNames: IdentityFieldNames?
  }

  init(_ channel: consuming Channel, buffers: borrowing BufferPool) {
    self.channel = channel
    input = ByteBuffer(from: buffers)
    output = ByteBuffer(from: buffers)
  }

  /// A message's head has been read: its body follows.
  mutating func beginIncoming(_ body: consuming IncomingBody) {
    incoming = body
    isBodyTouched = false
    bodyWireCount = 0
    isFlowing = false
  }

  /// A message's head is about to be put into ``output``.
  ///
  /// - Parameter identityNames: of fields that don't pass in the trailer of a chunked body; nil for a body that is not chunked.
  mutating func beginOutgoing(chunkedWithout identityNames: IdentityFieldNames?) {
    outgoing = OutgoingMessage(isChunked: identityNames != nil, identityNames: identityNames)
  }

  // MARK: Bodies

  var isBodyReceived: Bool { incoming.isComplete }

  /// Takes what has arrived of the incoming body, reading once if nothing has.
  mutating func readBody(into payload: inout ByteBuffer) -> BodyRead {
    isBodyTouched = true
    if input.isEmpty {
      guard channel.isReadable else { return wouldBlock(payload: &payload) }
      // One piece of memory goes round, not two.
      if input.capacity == 0 { swap(&input, &payload) }
      makeRoom()
      let room = min(input.freeCount, BufferPool.bulk)
      switch channel.receive(into: &input, limit: room) {
      case .bytes(let count): isFlowing = count == room
      case .wouldBlock: return wouldBlock(payload: &payload)
      case .endOfStream: return incoming.endOfStream() ? .payload(0) : .failed(.sourceClosed(nil))
      case .failed(let error): return .failed(.sourceClosed(error))
      }
    }
    return incoming.isChunked ? decode(into: &payload) : take(into: &payload)
  }

  private mutating func wouldBlock(payload: inout ByteBuffer) -> BodyRead {
    input.giveBack()
    payload.giveBack()
    return .wouldBlock
  }

  private mutating func take(into payload: inout ByteBuffer) -> BodyRead {
    let count = incoming.plainCount(of: input.count)
    bodyWireCount &+= UInt64(count)
    if count == input.count {
      swap(&input, &payload)
    } else {
      payload.append(input.readable.extracting(first: count))
      input.consume(count)
    }
    incoming.advance(by: count)
    return .payload(count)
  }

  private mutating func decode(into payload: inout ByteBuffer) -> BodyRead {
    let decoded: IncomingBody.Decoded
    do throws(ChunkRejection) { decoded = try incoming.decode(&input) } catch { return .failed(.malformed(error)) }
    bodyWireCount &+= UInt64(decoded.consumedCount)
    if decoded.consumedCount == input.count {
      swap(&input, &payload)
      payload.truncate(to: decoded.payload.upperBound)
      payload.consume(decoded.payload.lowerBound)
    } else {
      payload.append(input.readable.extracting(decoded.payload))
      input.consume(decoded.consumedCount)
    }
    return .payload(decoded.payload.count)
  }

  /// A large buffer for a body that is known to be long or turns out to be, an ordinary one else.
  private mutating func makeRoom() {
    let isLong = isFlowing || (incoming.remaining ?? 0) > UInt64(2 * BufferPool.small)
    if isLong, input.freeCount < BufferPool.large {
      input.giveBack()
      input.reserve(BufferPool.large)
    } else {
      input.reserve(1024)
    }
  }

  /// Writes what waits, then the payload in the outgoing message's framing, then its end if the source has come to it.
  mutating func writeBody<Source: BodySource & ~Copyable>(
    _ payload: inout ByteBuffer, from source: borrowing Source
  ) -> BodyWrite {
    let isEnd = source.isBodyReceived
    if let identityNames = outgoing.identityNames {
      output.appendChunk(payload.readable)
      payload.removeAll()
      if isEnd, !outgoing.isEnded {
        outgoing.isEnded = true
        source.withTrailers { output.appendLastChunk(trailers: $0, identity: identityNames) }
      }
    } else if !payload.isEmpty, !output.isEmpty, payload.count <= output.freeCount {
      output.append(payload.readable)
      payload.removeAll()
    }
    // All that is left is in the output, which the loop writes.
    if isEnd, payload.isEmpty, channel.sendAtTurnEnd(&output) {
      outgoing.hasBegun = true
      return .done
    }
    switch flush(more: !payload.isEmpty) {
    case .done: break
    case .wouldBlock: return .wouldBlock
    case .failed(let error): return .failed(error)
    }
    while !payload.isEmpty {
      switch channel.send(&payload) {
      case .bytes(0): return .wouldBlock
      case .bytes: break
      case .failed(let error): return .failed(error)
      }
    }
    return .done
  }

  /// Writes ``output``.
  ///
  /// - Parameter more: more will follow at once.
  mutating func flush(more: Bool = false) -> BodyWrite {
    while !output.isEmpty {
      switch channel.send(&output, more: more) {
      case .bytes(0): return .wouldBlock
      case .bytes: outgoing.hasBegun = true
      case .failed(let error): return .failed(error)
      }
    }
    output.giveBack()
    return .done
  }

  /// Writes all that waits, also what was to wait for the end of the turn.
  mutating func flushAll() -> BodyWrite {
    switch channel.flush() {
    case .flushed: flush()
    case .wouldBlock: .wouldBlock
    case .failed(let error): .failed(error)
    }
  }

  // MARK: Tunnels

  /// Takes everything that comes from now on, and passes everything on, as it is.
  mutating func beginTunnel() {
    beginIncoming(IncomingBody(.untilClose, keepsTrailers: false))
    beginOutgoing(chunkedWithout: nil)
    channel.keepAlive(after: .seconds(60), every: .seconds(15), count: 4)
  }

  // MARK: The end

  /// Reads what has come and drops it, a few buffers at most.
  ///
  /// - Returns: true once the peer has ended its sending side or the connection has failed.
  mutating func discardInput() -> Bool {
    input.removeAll()
    defer {
      input.removeAll()
      input.giveBack()
    }
    for _ in 0..<4 {
      guard channel.isReadable else { return false }
      input.reserve(1024)
      switch channel.receive(into: &input) {
      case .bytes: input.removeAll()
      case .wouldBlock: return false
      case .endOfStream, .failed: return true
      }
    }
    return false
  }
}
