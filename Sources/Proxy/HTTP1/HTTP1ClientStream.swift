import Bytes
import HTTP
import Policy
import Transport

/// A client's HTTP/1.1 connection while it is in use, as the stream of one exchange after the other.
///
/// A client that falls quiet has its connection parked, and nothing of this remains but the channel.
struct HTTP1ClientStream: ~Copyable {
  var connection: HTTP1Connection
  private var parser: RequestHeadParser
  /// The moment at which the first byte of the current request was there.
  private(set) var requestBegan: MonotonicTime
  /// Until this moment, shortly behind the end of the request, a client that closes its sending side still waits for the answer; after it,
  /// it has left.
  private var halfCloseEnd = MonotonicTime.never
  private(set) var isHalfClosed = false
  /// Something of the current request has come.
  private var hasBegun = false
  /// The moment by which its head must be complete, or at which a connection that has brought nothing is parked.
  private(set) var headDeadline = MonotonicTime.never
  var ending = StreamEnding.kept
  /// The `Strict-Transport-Security` of every response, in place of an upstream's; nil where that passes.
  private var transportSecurity: FieldBlock?
  private var request = RequestFacts()
  /// The response lasts until the connection closes.
  private var isEndedByClose = false

  /// All of the current request's head that counts for its response.
  private struct RequestFacts {
    var version = Version.http11
    var isHEAD = false
    var keepsAlive = true
    var expectsContinue = false
    var isHandshake = false
  }

  /// The outcome of waiting for a request.
  enum Arrival {
    /// Its head is complete.
    case request
    case rejected(HeadRejection)
    /// The client was too slow.
    case timedOut
    /// Nothing has come for a moment: the connection may be parked.
    case quiet
    /// The client has closed.
    case closed
  }

  /// The time that a connection stays in use after its last request, in nanoseconds: longer than a busy client pauses.
  private static let parkDelay: Int64 = 50_000_000

  init(
    _ channel: consuming Channel, limits: HeadLimits, buffers: borrowing BufferPool, now: MonotonicTime
  ) {
    connection = HTTP1Connection(channel, buffers: buffers)
    parser = RequestHeadParser(limits: limits)
    requestBegan = now
  }

  /// Goes by other limits from the next request on.
  mutating func adopt(_ limits: HeadLimits) { parser = RequestHeadParser(limits: limits) }

  /// Puts the field into every response from now on.
  mutating func adopt(_ transportSecurity: FieldBlock?) { self.transportSecurity = transportSecurity }

  // MARK: The request's head

  /// Gets ready for the next request.
  ///
  /// - Parameter timeout: from the head's first byte to its last, however it drips; in nanoseconds.
  mutating func expectHead(at now: MonotonicTime, timeout: Int64) {
    ending = .kept
    halfCloseEnd = .never
    requestBegan = now
    hasBegun = !connection.input.isEmpty
    headDeadline = now.advanced(byNanoseconds: hasBegun ? timeout : Self.parkDelay)
  }

  /// Reads what there is of the request's head.
  ///
  /// - Returns: nil if it isn't complete and there is a wait for more, until ``headDeadline``.
  mutating func receiveHead(into head: inout RequestHead, at now: MonotonicTime, timeout: Int64) -> Arrival? {
    while true {
      if !connection.input.isEmpty {
        switch Self.parse(connection.input, with: &parser, into: &head) {
        case .complete(let byteCount):
          connection.input.consume(byteCount)
          connection.input.giveBack()
          take(head)
          return .request
        case .rejected(let rejection):
          // A client that begins with a TLS handshake could make nothing of an answer in clear.
          return connection.input.readable[0] == TLSHandshake.handshakeRecord ? .closed : .rejected(rejection)
        case .needsMore: break
        }
      }
      guard connection.channel.isReadable else {
        connection.input.giveBack()
        return nil
      }
      connection.input.reserve(1024)
      switch connection.channel.receive(into: &connection.input) {
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

  /// Keeps what the response to the request will depend on, and begins its body.
  private mutating func take(_ head: borrowing RequestHead) {
    request.version = head.version
    request.isHEAD = head.method == .head
    request.keepsAlive = parser.keepsConnection
    request.expectsContinue = head.expectsContinue
    request.isHandshake = head.isWebSocketUpgrade
    connection.beginIncoming(IncomingBody(MessageFraming(ofRequest: head.body), keepsTrailers: false))
  }

  /// Takes a request whose head could not be read: it has no body, and the connection is not kept, for it is unknown what follows.
  mutating func takeUnread() {
    request = RequestFacts()
    request.keepsAlive = false
    connection.beginIncoming(IncomingBody(.none, keepsTrailers: false))
  }

  /// The meaning of ``headDeadline`` being over.
  var lateness: Arrival { hasBegun ? .timedOut : .quiet }

  private static func parse(
    _ input: borrowing ByteBuffer, with parser: inout RequestHeadParser, into head: inout RequestHead
  ) -> HeadParse { parser.parse(input.readable, into: &head) }

  /// Gives the channel up, to be parked.
  consuming func surrender() -> Channel { connection.channel }

  /// The time behind its request within which a client may close its sending side and still be waiting, in nanoseconds.
  ///
  /// A client that has gone away looks the same; but programs that mean to wait close at once.
  private static let halfCloseTime: Int64 = 1_000_000_000
}

extension HTTP1ClientStream: ClientStream {
  var id: ChannelID { connection.channel.id }
  var interruption: Interest { connection.channel.interruption }

  // MARK: Going away

  var departure: Interest { isHalfClosed ? connection.channel.broken : connection.channel.finished }
  var isPeerFinished: Bool { connection.channel.isPeerFinished }

  mutating func requestEnded(at now: MonotonicTime) {
    halfCloseEnd = now.advanced(byNanoseconds: Self.halfCloseTime)
  }

  mutating func hasLeft(at now: MonotonicTime) -> Bool {
    guard connection.channel.isPeerFinished else { return false }
    if connection.channel.isBroken { return true }
    if !isHalfClosed && now < halfCloseEnd { isHalfClosed = true }
    return !isHalfClosed
  }

  // MARK: The request's body

  var readable: Interest { connection.channel.readable }
  var isBodyReceived: Bool { connection.isBodyReceived }
  var announcedCount: UInt64 { connection.incoming.announcedCount }
  var isBodyTouched: Bool { connection.isBodyTouched }
  var bodyWireCount: UInt64 { connection.bodyWireCount }
  var awaitsContinue: Bool { request.expectsContinue }

  mutating func readBody(into payload: inout ByteBuffer) -> BodyRead { connection.readBody(into: &payload) }

  func withTrailers(_ use: (borrowing Fields) -> Void) { connection.incoming.withTrailers(use) }

  // MARK: Responses

  var writable: Interest { connection.channel.writable }
  var hasBegunMessage: Bool { connection.outgoing.hasBegun }
  var unsentCount: Int { connection.channel.unsentCount }

  mutating func writeBody<Source: BodySource & ~Copyable>(
    _ payload: inout ByteBuffer, from source: borrowing Source
  ) -> BodyWrite { connection.writeBody(&payload, from: source) }

  /// Bytes behind a handshake that hasn't been accepted are meant for a WebSocket: they must not be read as a request.
  private var hasSpokenTooSoon: Bool {
    request.isHandshake && (!connection.input.isEmpty || connection.channel.isReadable)
  }

  var mayBeKept: Bool { request.keepsAlive && !hasSpokenTooSoon }

  mutating func beginInterim(_ response: borrowing ResponseHead, rules: ResponseRules) {
    guard request.version == .http11 else { return }
    DownstreamResponseWriter.writeInterim(response, rules: rules, to: &connection.output)
  }

  mutating func beginContinue() { connection.output.append("HTTP/1.1 100 Continue\r\n\r\n") }

  mutating func begin(
    _ response: borrowing ResponseHead, of plan: borrowing ForwardPlan, keepsAlive: Bool, date: Span<UInt8>,
    opening: TunnelOpening?
  ) {
    let head = ResponseHeadPlan(
      clientVersion: request.version, keepsAlive: keepsAlive, forwardsWebSocket: opening != nil,
      webSocketProtocol: opening?.webSocketProtocol, transportSecurity: transportSecurity)
    let promise = DownstreamResponseWriter.write(
      response, rules: plan.forwarding.responseRules, grant: plan.cors, plan: head, date: date,
      to: &connection.output)
    isEndedByClose = promise.framing.isUntilClose
    connection.beginOutgoing(
      chunkedWithout: promise.framing.isChunked ? plan.forwarding.requestRules.identityNames : nil)
    ending = promise.keepsAlive ? .kept : .lingering
  }

  mutating func begin(_ response: LocalResponse, _ body: Span<UInt8>, keepsAlive: Bool, date: Span<UInt8>) {
    connection.beginOutgoing(chunkedWithout: nil)
    isEndedByClose = false
    response.write(
      version: request.version, keepsAlive: keepsAlive, date: date, transportSecurity: transportSecurity,
      to: &connection.output)
    if !request.isHEAD && response.mayHaveBody { connection.output.append(body) }
    ending = keepsAlive ? .kept : .lingering
  }

  mutating func flushAtTurnEnd() -> Bool { connection.channel.sendAtTurnEnd(&connection.output) }

  var pendingCount: Int { connection.output.count }

  mutating func flush() -> BodyWrite { connection.flush() }

  mutating func withdraw() { connection.output.removeAll() }

  mutating func breakOff() {
    // Where only the end of the connection ends the body, nothing less than a reset tells that this is not it.
    ending = isEndedByClose ? .reset : .closed
  }

  // MARK: Tunnels

  var broken: Interest { connection.channel.broken }
  var isBroken: Bool { connection.channel.isBroken }
  var isReadable: Bool { connection.channel.isReadable }

  mutating func beginTunnel() { connection.beginTunnel() }
  mutating func sendLast(_ bytes: inout ByteBuffer) { _ = connection.channel.send(&bytes) }
  mutating func finishSending() { connection.channel.finishSending() }
  mutating func discardInput() -> Bool { connection.discardInput() }
}
