package import Bytes
package import HTTP
package import Policy
package import Transport

/// The facts about an exchange for the access log, collected while it runs.
package struct ExchangeRecord {
  package let began: MonotonicTime
  package let requestID: RequestID
  /// The id that a trusted peer brought, which then is the request's.
  package var believedID: [UInt8]?
  package var status = 0
  /// Bytes of payload sent to the client.
  package var sentBytes: UInt64 = 0
  /// The server that was asked last; empty if none was.
  package var upstream = ""
  /// From the choice of the server to the head of its response.
  package var upstreamNanoseconds: Int64?
  package var route: Route?
  package var identity: Identity?
  /// The account that a hosted endpoint has found, where the request bears no token.
  package var account: AccountMention?
  /// The reason for which it was refused, or would have been on a route with `report`.
  package var reason: RejectionReason?
  /// The response broke off.
  package var isBrokenOff = false
  /// Nil unless a WebSocket was opened.
  package var tunnel: TunnelEnd?

  /// An account that a request names.
  package enum AccountMention: Sendable {
    /// It has proven to be the account's user, or has made the account.
    case user(String)
    /// It has tried to log in under the name.
    case login(String)
  }

  /// The end of a WebSocket.
  package struct TunnelEnd {
    /// Bytes that the client sent.
    package let receivedBytes: UInt64
    package let ending: TunnelEnding

    package init(receivedBytes: UInt64, ending: TunnelEnding) {
      self.receivedBytes = receivedBytes
      self.ending = ending
    }
  }

  package init(began: MonotonicTime, requestID: RequestID) {
    self.began = began
    self.requestID = requestID
  }

  /// The id as it stands in logs and answers.
  package func appendID(to buffer: inout ByteBuffer) {
    if let believedID { buffer.append(believedID.span) } else { requestID.write(to: &buffer) }
  }

  package mutating func note(_ decision: Decision) {
    route = decision.route
    identity = decision.identity
    reason = decision.reason
  }
}
