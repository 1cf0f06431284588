import Bytes
import HTTP
import TLS
import Transport

/// An HTTP/1.1 connection to an upstream while a request uses it.
///
/// Dropping it closes the connection; ``ConnectionPool/giveBack(_:to:rests:)`` takes it back.
struct HTTP1UpstreamStream: ~Copyable {
  var connection: HTTP1Connection
  /// Earlier exchanges have used the connection: the server may have closed it just as the request was sent.
  let isReused: Bool
  /// The request tells the server to close, so that nothing may follow it.
  var isLast = false
  private var parser: ResponseHeadParser

  /// The outcome of one look at the response.
  enum Arrival: Equatable {
    case complete
    case incomplete
    case failed(UpstreamFailure)
  }

  init(_ channel: consuming Channel, isReused: Bool, limits: HeadLimits, buffers: borrowing BufferPool) {
    connection = HTTP1Connection(channel, buffers: buffers)
    self.isReused = isReused
    parser = ResponseHeadParser(limits: limits)
  }

  /// Reads what has come of a response head.
  mutating func receiveHead(to method: Method, into response: inout ResponseHead) -> Arrival {
    while true {
      if !connection.input.isEmpty {
        switch Self.parse(connection.input, with: &parser, method, into: &response) {
        case .complete(let byteCount):
          connection.input.consume(byteCount)
          return .complete
        case .rejected(let rejection): return .failed(.malformedResponse(.init(text: rejection.reason)))
        case .needsMore: break
        }
      }
      guard connection.channel.isReadable else {
        connection.input.giveBack()
        return .incomplete
      }
      connection.input.reserve(1024)
      switch connection.channel.receive(into: &connection.input) {
      case .bytes: continue
      case .wouldBlock:
        connection.input.giveBack()
        return .incomplete
      case .endOfStream, .failed:
        if !isReused, let number = alert { return .failed(.endedByAlert(number)) }
        return .failed(
          connection.input.isEmpty ? .closedEarly : .malformedResponse(.init(text: "response_incomplete")))
      }
    }
  }

  /// The alert by which the server has ended the TLS session: with TLS 1.3 it says so late if it does not take our certificate.
  private var alert: Int? {
    guard case .alert(let number) = (connection.channel.filter as? TLSFilter)?.failure else { return nil }
    return number
  }

  private static func parse(
    _ input: borrowing ByteBuffer, with parser: inout ResponseHeadParser, _ method: Method,
    into response: inout ResponseHead
  ) -> ResponseHeadParse { parser.parse(input.readable, requestMethod: method, into: &response) }

  /// The framing of the body behind the last head.
  var framing: MessageFraming { parser.framing }

  /// The body of a final response follows.
  mutating func beginBody() {
    connection.beginIncoming(IncomingBody(framing, of: .response, keepsTrailers: true))
  }

  /// True if nothing but the next request could follow the response on this connection.
  var mayBeKept: Bool { !isLast && parser.keepsConnection && connection.input.isEmpty }

  /// True if the response announces a body that must not follow it: a server that doesn't know this may send it all the same.
  static func mayBeFollowed(_ response: borrowing ResponseHead) -> Bool {
    response.body.isNone && (response.contentLength ?? 0 > 0 || response.fields.contains(.transferEncoding))
  }

  /// True if something has come in on the connection while nobody used it, or its end; asks the kernel: one system call.
  var hasPendingInput: Bool { connection.channel.hasPendingInput }
}

extension HTTP1UpstreamStream: BodySource, BodySink {
  var readable: Interest { connection.channel.readable }
  var isBodyReceived: Bool { connection.isBodyReceived }
  var announcedCount: UInt64 { connection.incoming.announcedCount }

  mutating func readBody(into payload: inout ByteBuffer) -> BodyRead { connection.readBody(into: &payload) }

  func withTrailers(_ use: (borrowing Fields) -> Void) { connection.incoming.withTrailers(use) }

  var writable: Interest { connection.channel.writable }
  var hasBegunMessage: Bool { connection.outgoing.hasBegun }
  var unsentCount: Int { connection.channel.unsentCount }
  var broken: Interest { connection.channel.broken }
  var isBroken: Bool { connection.channel.isBroken }
  var isReadable: Bool { connection.channel.isReadable }

  mutating func writeBody<Source: BodySource & ~Copyable>(
    _ payload: inout ByteBuffer, from source: borrowing Source
  ) -> BodyWrite { connection.writeBody(&payload, from: source) }
}
