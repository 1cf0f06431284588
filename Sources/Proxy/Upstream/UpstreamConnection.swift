import Bytes
import HTTP
import Transport

/// A connection to an upstream while an exchange uses it.
///
/// Dropping it closes it; ``UpstreamGroup/keep(_:of:)`` takes the socket back.
struct UpstreamConnection: ~Copyable {
  var socket: Socket
  let endpoint: Int
  /// Whether earlier exchanges have used it: then the server may have closed it just as the request was sent.
  let isReused: Bool
  /// What was read and not yet dealt with.
  var input: ByteBuffer
  /// The server takes no more of the request.
  var isRequestCut = false
  /// The request tells the server to close, so that nothing may follow it.
  var isLast = false
  /// The exchange has ended so that another may follow on the connection.
  var isReusable = false
  private var parser: ResponseHeadParser

  /// What came of a look at the response.
  enum Arrival: Equatable {
    case complete
    case incomplete
    case failed(UpstreamFailure)
  }

  init(_ socket: consuming Socket, endpoint: Int, isReused: Bool, limits: HeadLimits, buffers: borrowing BufferPool) {
    self.socket = socket
    self.endpoint = endpoint
    self.isReused = isReused
    input = ByteBuffer(from: buffers)
    parser = ResponseHeadParser(limits: limits)
  }

  /// Reads what has come of a response head.
  mutating func receiveHead(to method: Method, into response: inout ResponseHead) -> Arrival {
    while true {
      if !input.isEmpty {
        switch Self.parse(input, with: &parser, method, into: &response) {
        case .complete(let byteCount):
          input.consume(byteCount)
          return .complete
        case .rejected(let rejection): return .failed(.nonsense(.init(text: rejection.reason)))
        case .needsMore: break
        }
      }
      guard socket.isReadable else {
        input.giveBack()
        return .incomplete
      }
      input.reserve(1024)
      switch socket.receive(into: &input) {
      case .bytes: continue
      case .wouldBlock:
        input.giveBack()
        return .incomplete
      case .endOfStream, .failed:
        return .failed(input.isEmpty ? .closedEarly : .nonsense(.init(text: "response_incomplete")))
      }
    }
  }

  private static func parse(
    _ input: borrowing ByteBuffer, with parser: inout ResponseHeadParser, _ method: Method,
    into response: inout ResponseHead
  ) -> ResponseHeadParse { parser.parse(input.readable, requestMethod: method, into: &response) }

  /// Whether nothing but the next request could follow the response on this connection.
  func mayBeKept(_ response: borrowing ResponseHead) -> Bool {
    !isLast && response.keepsAlive && input.isEmpty && response.framing != .untilClose
  }

  /// Whether the response announces a body that must not follow it: a server that doesn't know this may send it all the same.
  static func mayBeFollowed(_ response: borrowing ResponseHead) -> Bool {
    response.framing == .none && (response.contentLength ?? 0 > 0 || response.fields.contains(.transferEncoding))
  }

  /// Gives the socket up for the next request.
  consuming func surrender() -> Socket { socket }
}
