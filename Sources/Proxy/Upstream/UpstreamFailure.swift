import Transport

/// A failure of an upstream, as data: the client's answer and the decision to send the request again follow from it.
enum UpstreamFailure: Error, Equatable {
  /// No connection could be made to any server tried.
  case unreachable(SystemError)
  /// Connecting took too long.
  case connectTimedOut
  /// The connection was closed or reset before the first byte of a response.
  case closedEarly
  /// The response head didn't come in time.
  case responseTimedOut
  /// The response could not be relayed; the word names the reason.
  case malformedResponse(StaticReason)

  /// For the log.
  var text: String {
    switch self {
    case .unreachable(let error): error.text
    case .connectTimedOut: "connecting took too long"
    case .closedEarly: "the connection was closed before a response came"
    case .responseTimedOut: "no response came in time"
    case .malformedResponse(let reason): "the response can't be relayed: \(reason.text)"
    }
  }

  /// A machine word of the program's own.
  struct StaticReason: Equatable {
    let text: StaticString
    static func == (left: StaticReason, right: StaticReason) -> Bool { left.text.description == right.text.description }
  }
}
