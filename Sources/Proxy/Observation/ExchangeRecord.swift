import Bytes
import HTTP
import Policy
import Transport

/// What the access log says of an exchange, put together while it runs.
struct ExchangeRecord {
  let began: MonotonicTime
  let requestID: RequestID
  /// The id that a trusted peer brought, which then is the request's.
  var believedID: [UInt8]?
  var status = 0
  /// Bytes of payload sent to the client.
  var sentBytes: UInt64 = 0
  /// The server that was asked last; empty if none was.
  var upstream = ""
  /// From the connection to the response head.
  var upstreamNanoseconds: Int64?
  var route: Route?
  var identity: Identity?
  /// Whom a hosted endpoint has come to know, where the request bears no token.
  var account: AccountMention?
  /// Why it was refused, or would have been on a route that only reports.
  var reason: RejectionReason?
  /// The response broke off.
  var isBrokenOff = false
  /// Nil unless a WebSocket was opened.
  var tunnel: TunnelEnd?

  /// An account that a request names.
  enum AccountMention {
    /// It has proven to be the account's user, or has made the account.
    case user(String)
    /// It has tried to log in under the name.
    case login(String)
  }

  /// What became of a WebSocket.
  struct TunnelEnd {
    /// Bytes that the client sent.
    let receivedBytes: UInt64
    let ending: Tunnel.Ending
  }

  init(began: MonotonicTime, requestID: RequestID) {
    self.began = began
    self.requestID = requestID
  }

  /// The id as it stands in logs and answers.
  func appendID(to buffer: inout ByteBuffer) {
    if let believedID { buffer.append(believedID.span) } else { requestID.write(to: &buffer) }
  }

  mutating func note(_ decision: Decision) {
    route = decision.route
    identity = decision.identity
    reason = decision.reason
  }
}
