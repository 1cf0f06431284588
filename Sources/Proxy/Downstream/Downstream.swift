import Bytes
import HTTP
import Transport

/// A client's connection while it is in use: its socket, what was read ahead, and the request that is being worked on.
///
/// Lives in its task's frame. When the client falls quiet it is parked, and nothing of this remains but the socket.
struct Downstream: ~Copyable {
  var socket: Socket
  /// Bytes that were read and not yet dealt with: a head in pieces, a body, requests sent ahead (pipelining).
  var input: ByteBuffer
  var head = RequestHead()
  /// Kept here for its storage; belongs to the exchange.
  var response = ResponseHead()
  private(set) var peer: Peer
  private var parser: RequestHeadParser
  /// When the first byte of the current request was there.
  private(set) var requestBegan: MonotonicTime
  /// Until when a client that closes its sending side means just that: a moment behind the end of its request.
  private var halfCloseEnd = MonotonicTime.never
  /// The client has closed its sending side and waits for its answer.
  private(set) var isHalfClosed = false
  /// Whether anything of the current request has come.
  private var hasBegun = false
  /// Until when its head may take, or until when the next request is waited for before the connection is parked.
  private(set) var headDeadline = MonotonicTime.never
  /// What becomes of the connection after the current exchange.
  var ending = Ending.kept
  /// How much of the current request's body has been taken off the connection.
  var bodyProgress = BodyProgress.untouched

  enum BodyProgress {
    case untouched
    /// Some of it, so that nobody can say where the next request begins without reading on.
    case partial
    case complete
  }

  enum Ending {
    /// The next request may come.
    case kept
    /// Closed; the client has all that it will get.
    case closed
    /// Closed after what the client still sends has been read for a while, so that the answer isn't lost to a reset.
    case lingering
    /// Reset, so that the client can't take a part for the whole.
    case reset
  }

  /// What came of waiting for a request.
  enum Arrival {
    /// ``head`` holds it.
    case request
    case rejected(HeadRejection)
    /// The client was too slow.
    case timedOut
    /// Nothing has come for a moment: the connection may be parked.
    case quiet
    /// The client has closed.
    case closed
  }

  /// How long a connection stays in its task before it is parked: longer than a busy client pauses.
  private static let parkDelay: Int64 = 50_000_000

  init(_ socket: consuming Socket, peer: Peer, limits: HeadLimits, buffers: BufferPool, now: MonotonicTime) {
    self.socket = socket
    self.peer = peer
    input = ByteBuffer(from: buffers)
    parser = RequestHeadParser(limits: limits)
    requestBegan = now
  }

  /// Goes by another configuration: who is trusted counts for the request that has arrived, the limits for the next one.
  mutating func adopt(trustedProxies: TrustedProxies, limits: HeadLimits) {
    peer = Peer(address: peer.address, scheme: peer.scheme, trustedProxies: trustedProxies)
    parser = RequestHeadParser(limits: limits)
  }

  /// Gets ready for the next request.
  ///
  /// - Parameter timeout: from the head's first byte to its last, however it drips; in nanoseconds.
  mutating func expectHead(at now: MonotonicTime, timeout: Int64) {
    ending = .kept
    bodyProgress = .untouched
    halfCloseEnd = .never
    requestBegan = now
    hasBegun = !input.isEmpty
    headDeadline = now.advanced(byNanoseconds: hasBegun ? timeout : Self.parkDelay)
  }

  /// Reads what there is of the request's head; nil if it isn't complete, and there is a wait for more until ``headDeadline``.
  mutating func receiveHead(at now: MonotonicTime, timeout: Int64) -> Arrival? {
    while true {
      if !input.isEmpty {
        switch Self.parse(input, with: &parser, into: &head) {
        case .complete(let byteCount):
          input.consume(byteCount)
          input.giveBack()
          return .request
        case .rejected(let rejection): return .rejected(rejection)
        case .needsMore: break
        }
      }
      guard socket.isReadable else {
        input.giveBack()
        return nil
      }
      input.reserve(1024)
      switch socket.receive(into: &input) {
      case .bytes:
        guard !hasBegun else { continue }
        hasBegun = true
        requestBegan = now
        headDeadline = now.advanced(byNanoseconds: timeout)
      case .wouldBlock: continue
      case .endOfStream, .failed: return .closed
      }
    }
  }

  /// What to wait for until when, for more of the head.
  var nextHead: (Interest, MonotonicTime) { (socket.readable, headDeadline) }

  /// What it means that ``headDeadline`` has passed.
  var lateness: Arrival { hasBegun ? .timedOut : .quiet }

  /// Reads until a request head is complete.
  mutating func receiveHead(in loop: EventLoop, timeout: Int64) async -> Arrival {
    expectHead(at: loop.now, timeout: timeout)
    while true {
      if let arrival = receiveHead(at: loop.now, timeout: timeout) { return arrival }
      if await loop.wait(for: socket.readable, until: headDeadline) == .timedOut { return lateness }
    }
  }

  private static func parse(
    _ input: borrowing ByteBuffer, with parser: inout RequestHeadParser, into head: inout RequestHead
  ) -> HeadParse { parser.parse(input.readable, into: &head) }

  // MARK: Going away

  /// How long behind its request a client may close its sending side and still be waiting for the answer.
  ///
  /// A client that has gone away looks the same; but programs that mean to wait close at once.
  private static let halfCloseTime: Int64 = 1_000_000_000

  /// Notes that the request has come to its end.
  mutating func requestEnded(at now: MonotonicTime) {
    halfCloseEnd = now.advanced(byNanoseconds: Self.halfCloseTime)
  }

  /// What tells that the client goes away.
  var departure: Interest { isHalfClosed ? socket.broken : socket.finished }

  /// Whether nobody waits for the answer any more, as far as is known.
  mutating func hasLeft(at now: MonotonicTime) -> Bool {
    guard socket.isPeerFinished else { return false }
    if socket.isBroken { return true }
    if !isHalfClosed && now < halfCloseEnd { isHalfClosed = true }
    return !isHalfClosed
  }

  /// Whether something stands behind a handshake that hasn't been accepted.
  ///
  /// Its sender takes it for part of a WebSocket, so it must not be read as a request: the connection can't be kept.
  var hasSpokenTooSoon: Bool { head.isWebSocketUpgrade && (!input.isEmpty || socket.isReadable) }

  /// Writes all of the buffer.
  ///
  /// - Returns: false if the client is gone or takes nothing.
  mutating func send(_ output: inout ByteBuffer, in loop: EventLoop, meter: RateMeter) async -> Bool {
    var meter = meter
    while !output.isEmpty {
      switch socket.send(&output) {
      case .bytes(let count) where count > 0: meter.credit(count)
      case .bytes:
        let unsent = socket.unsentCount
        let wake = await loop.wait(for: socket.writable, until: meter.beginWait(at: loop.now))
        meter.endWait(at: loop.now)
        guard wake == .timedOut else { continue }
        // The kernel says that there is room only when much of its buffer has drained; what has drained counts all the same.
        let drained = max(0, unsent - socket.unsentCount)
        guard drained > 0 else { return false }
        meter.credit(drained)
      case .failed: return false
      }
    }
    output.giveBack()
    return true
  }

  /// How much of a refused request's body is read so that the connection can be kept, and for how long.
  private static let drainMax: UInt64 = 64 * 1024
  private static let drainTime = Duration.seconds(1)

  /// Reads the current request's body and drops it, if it is short and comes soon.
  ///
  /// - Returns: whether the next request begins where reading stopped; otherwise the connection can't be kept.
  mutating func drainBody(in loop: EventLoop) async -> Bool {
    switch bodyProgress {
    case .complete: return true
    case .partial: return false
    case .untouched: break
    }
    // Whoever waits for a 100 that doesn't come need not send the body at all.
    guard !head.expectsContinue else { return false }
    var body = IncomingBody(head.framing, keepsTrailers: false)
    if let remaining = body.remaining, remaining > Self.drainMax { return false }
    let deadline = loop.now.advanced(by: Self.drainTime)
    var drained: UInt64 = 0
    while !body.isComplete {
      if !input.isEmpty {
        let before = input.count
        if body.isChunked {
          do throws(ChunkRejection) { try body.decode(&input) { _ in } } catch { return false }
        } else {
          let count = body.plainCount(of: input.count)
          input.consume(count)
          body.advance(by: count)
        }
        drained += UInt64(before - input.count)
        guard drained <= Self.drainMax else { return false }
        continue
      }
      guard socket.isReadable else {
        input.giveBack()
        guard await loop.wait(for: socket.readable, until: deadline) == .ready else { return false }
        continue
      }
      input.reserve(1024)
      switch socket.receive(into: &input) {
      case .bytes, .wouldBlock: continue
      case .endOfStream, .failed: return false
      }
    }
    return true
  }

  /// Gives the socket up, to be parked.
  consuming func surrender() -> Socket { socket }

  private static let lingerTime = Duration.seconds(2)

  /// Ends the sending side and reads on for a while: a reset for unread bytes would destroy an answer on its way.
  mutating func linger(in loop: EventLoop) async {
    let deadline = loop.now.advanced(by: Self.lingerTime)
    while socket.flush() == .wouldBlock {
      guard await loop.wait(for: socket.writable, until: deadline) == .ready else { return }
    }
    socket.finishSending()
    var streak = 0
    while loop.now < deadline {
      guard socket.isReadable else {
        streak = 0
        input.removeAll()
        input.giveBack()
        guard await loop.wait(for: socket.readable, until: deadline) == .ready else { return }
        continue
      }
      input.removeAll()
      input.reserve(1024)
      switch socket.receive(into: &input) {
      case .bytes, .wouldBlock:
        // Who sends faster than we read must not keep the others waiting, nor the time of the loop from passing.
        streak += 1
        if streak % 4 == 0 { await loop.nextTurn() }
      case .endOfStream, .failed: return
      }
    }
  }
}
