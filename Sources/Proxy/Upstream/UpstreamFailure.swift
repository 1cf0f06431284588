import TLS
import Transport

/// A failure of an upstream, as data that is cheap to pass on: the client's answer and the decision to send the request again follow from it.
enum UpstreamFailure: Error, Equatable {
  /// No connection could be made to any server tried.
  case unreachable(SystemError)
  /// Connecting took too long.
  case connectTimedOut
  /// The server can't prove that it is the one that is asked for.
  case untrusted
  /// There was no TLS session for another reason.
  case handshakeFailed
  /// The server has ended the TLS session with an alert in place of a response.
  case endedByAlert(Int)
  /// The connection was closed or reset before the first byte of a response.
  case closedEarly
  /// The response head didn't come in time.
  case responseTimedOut
  /// The response could not be relayed; the word names the reason.
  case malformedResponse(StaticReason)

  /// The text for the log.
  ///
  /// - Parameter fault: what was wrong with the TLS session, if it is that.
  func text(_ fault: TLSError?) -> String {
    guard let fault else { return text }
    if case .certificate(let fault) = fault { return fault.textWithRemedy }
    return fault.text
  }

  /// The same where nothing more is known.
  var text: String {
    switch self {
    case .unreachable(let error): error.text
    case .connectTimedOut: "connecting took too long"
    case .untrusted: "its certificate does not fit"
    case .handshakeFailed: "there is no TLS session"
    case .endedByAlert(let number): TLSError.alert(number).text
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
