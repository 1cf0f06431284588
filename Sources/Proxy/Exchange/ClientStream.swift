import Bytes
import HTTP
import Policy
import Transport

/// The client's end of one exchange: where its request comes from and its response goes to.
///
/// An HTTP/1.1 connection is that of its one exchange at a time. A stream has no way back into whatever carries it: it leaves in
/// ``ending`` what is to become of the connection. Confined to its worker.
protocol ClientStream: BodySource, BodySink, ~Copyable {
  /// The moment at which the first byte of the request was there.
  var requestBegan: MonotonicTime { get }
  /// Names the stream to those who wake its exchange (`EventLoop.interrupt`).
  var id: ChannelID { get }
  /// The fate of the connection after the exchange.
  var ending: StreamEnding { get set }

  /// More of the request may have arrived.
  var readable: Interest { get }
  /// There may be room for more of the response.
  var writable: Interest { get }
  /// The number of bytes that the kernel still holds for the client: one system call.
  var unsentCount: Int { get }

  /// No event of the client's: a wait for this ends only when the exchange is woken by `EventLoop.interrupt` and ``id``.
  var interruption: Interest { get }

  // MARK: Going away

  /// Something tells that the client goes away.
  var departure: Interest { get }
  /// True if the client has closed its sending side and waits for its answer.
  var isHalfClosed: Bool { get }
  /// True if the client has closed its sending side, or the connection is gone, as far as is known.
  var isPeerFinished: Bool { get }
  /// True if nobody waits for the answer any more, as far as is known.
  mutating func hasLeft(at now: MonotonicTime) -> Bool
  /// Notes that the request has come to its end.
  mutating func requestEnded(at now: MonotonicTime)

  // MARK: The request's body

  /// True once something of the request's body was asked for.
  var isBodyTouched: Bool { get }
  /// The number of bytes of the body and its framing that have been taken.
  var bodyWireCount: UInt64 { get }
  /// True if the client waits for a 100 before it sends the body.
  var awaitsContinue: Bool { get }

  // MARK: Responses

  /// True if another request may follow, as far as the client and its request are concerned.
  var mayBeKept: Bool { get }
  /// Puts the head of an interim response on its way; nothing for clients that know none (RFC 9110 §15.2).
  mutating func beginInterim(_ response: borrowing ResponseHead, rules: ResponseRules)
  /// Puts a 100 of the gateway's own on its way.
  mutating func beginContinue()
  /// Puts the head of an upstream's final response on its way; ``ending`` is then what it promises.
  ///
  /// - Parameter opening: what a 101 is passed on with; nil for any other response.
  mutating func begin(
    _ response: borrowing ResponseHead, of plan: borrowing ForwardPlan, keepsAlive: Bool, date: Span<UInt8>,
    opening: TunnelOpening?)
  /// Puts a response of the gateway's own on its way; ``ending`` is then what it promises.
  mutating func begin(_ response: LocalResponse, _ body: Span<UInt8>, keepsAlive: Bool, date: Span<UInt8>)
  /// Leaves a complete response of the gateway's own to be written when the turn ends; false if the connection can't take it.
  mutating func flushAtTurnEnd() -> Bool
  /// The number of bytes that wait to be written.
  var pendingCount: Int { get }
  /// Writes what waits to be written.
  mutating func flush() -> BodyWrite
  /// Takes back a head of which nothing was written yet.
  mutating func withdraw()
  /// Ends a response that can't be completed, so that the client notices.
  mutating func breakOff()

  // MARK: Tunnels

  /// Takes everything that comes from now on, and passes everything on, as it is.
  mutating func beginTunnel()
  /// Writes the bytes at once as far as there is room.
  mutating func sendLast(_ bytes: inout ByteBuffer)
  /// Tells the peer that nothing more will come.
  mutating func finishSending()
  /// Reads what has come and drops it; true once the peer has ended.
  mutating func discardInput() -> Bool
  /// A read may bring something, as far as is known.
  var isReadable: Bool { get }
  /// The connection fails in both directions.
  var broken: Interest { get }
  var isBroken: Bool { get }
}

/// The fate of a client's connection after an exchange.
enum StreamEnding {
  /// The next request may come.
  case kept
  /// Closed; the client has all that it will get.
  case closed
  /// Closed after what the client still sends has been read for a while, so that the answer isn't lost to a reset.
  case lingering
  /// Reset, so that the client can't take a part for the whole.
  case reset
}

/// The gateway's own additions to a 101 that is passed on.
struct TunnelOpening {
  /// The protocol that it selects where the upstream's selects none (RFC 6455 §4.2.2); nil for none.
  let webSocketProtocol: [UInt8]?
}
