import Bytes
import HTTP
import Policy
import Transport

/// The way of a request upstream, over all its tries.
struct Forwarding: ~Copyable {
  let plan: ForwardPlan
  let group: UpstreamGroup
  /// The moment by which the exchange must have come to an end, by the route's `timeout`.
  let deadline: MonotonicTime
  /// Endpoints that could not be reached.
  var tried = EndpointSet()
  /// The endpoint of the try that is under way.
  var endpoint = -1
  /// The endpoint to try again; nil where it is another one's turn.
  var again: Int?
  /// False once a kept connection has turned out to be closed.
  var mayUseIdle = true
  /// The beginning of the try that is under way.
  var began: MonotonicTime
  /// The connection that is being made; nil while there is none.
  var connecting: Channel?
  /// The end of the last try; what the client is told if there is no other.
  var failure = ExchangeFailure.noServer

  init(_ plan: consuming ForwardPlan, _ group: UpstreamGroup, deadline: MonotonicTime, at now: MonotonicTime) {
    self.plan = plan
    self.group = group
    self.deadline = deadline
    began = now
  }
}

/// One try to have a request answered: a stream of a server, and both bodies on their ways.
struct UpstreamRequest: ~Copyable {
  var stream: HTTP1UpstreamStream
  /// The request's body on its way to the server.
  var sending: BodyRelay
  var sendStep = BodyRelay.Step.needsTurn
  /// The response's body on its way to the client.
  var receiving: BodyRelay
  /// The server takes no more of the request.
  var isCut = false
  /// The moment by which the response's head must have come; never, as long as the request hasn't been sent.
  var responseDeadline = MonotonicTime.never
  /// The moment at which the gateway sends a 100 of its own; never, if the client waits for none.
  var continueAt = MonotonicTime.never
  var interimCount = 0
  /// The last wait was for the client to take something.
  var isClientSlow = false

  /// - Parameter bodyLimit: the most payload that the request may have, in bytes.
  init(
    over stream: consuming HTTP1UpstreamStream, bodyLimit: UInt64, buffers: borrowing BufferPool
  ) {
    self.stream = stream
    sending = BodyRelay(limit: bodyLimit, buffers: buffers)
    receiving = BodyRelay(buffers: buffers)
  }

  /// True once nothing of the request is left to be sent, or the server takes no more of it.
  var isSendingOver: Bool { isCut || sendStep == .finished }

  /// Sends what can be sent of the request's body now.
  mutating func send<Client: ClientStream & ~Copyable>(from client: inout Client) -> BodyRelay.Step {
    sendStep = sending.step(from: &client, to: &stream)
    return sendStep
  }

  /// Passes on what can be passed on of the response's body now.
  mutating func receive<Client: ClientStream & ~Copyable>(to client: inout Client) -> BodyRelay.Step {
    receiving.step(from: &stream, to: &client)
  }
}

/// The reason for which an exchange can't go on, as long as nothing of a response has reached the client.
enum ExchangeFailure: Error, Equatable {
  case upstream(UpstreamFailure)
  /// The checks of all servers fail.
  case noServer
  /// A kept connection turned out to be closed, and the request may be sent on another.
  case staleConnection
  case clientGone
  case clientSlow
  case malformedBody
  case bodyTooLarge

  /// The reason that the client is told; nil where nobody waits for the answer.
  var reason: RejectionReason? {
    switch self {
    case .clientGone: nil
    case .clientSlow: .requestTimeout
    case .malformedBody: .malformedBody
    case .bodyTooLarge: .bodyTooLarge
    case .noServer: .upstreamUnavailable
    case .staleConnection, .upstream(.closedEarly): .upstreamReset
    case .upstream(.unreachable(let error)): error.isDescriptorShortage ? .overloaded : .upstreamUnreachable
    case .upstream(.untrusted): .upstreamUntrusted
    case .upstream(.handshakeFailed): .upstreamUnreachable
    case .upstream(.endedByAlert): .upstreamReset
    case .upstream(.malformedResponse): .upstreamMalformed
    case .upstream(.connectTimedOut), .upstream(.responseTimedOut): .upstreamTimeout
    }
  }
}

extension RequestHead {
  /// True if the request may be sent a second time though the outcome of the first is unknown.
  var isRepeatable: Bool { body.isNone && method.isIdempotent }
}
