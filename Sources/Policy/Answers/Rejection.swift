package import Bytes
package import HTTP
import JSON

/// A refusal, ready to be written: every answer of 400 and above that is the gateway's own, those of the proxy included.
package struct Rejection: Error, Sendable {
  /// Why; the word of the access log and the metric's label.
  package let reason: RejectionReason
  package let status: Int
  /// What the client is told.
  package let message: StaticString
  /// Lines that belong to the refusal, each with its CR LF: `WWW-Authenticate`, `Allow`, `Retry-After`.
  package let fields: [UInt8]
  /// Who may read it; nil where CORS is not configured.
  package let cors: CORSGrant?
  /// The route it was refused on; nil if none was found.
  package let route: Route?
  /// Who asked, if that was known.
  package let identity: Identity?

  init(
    _ reason: RejectionReason, status: Int? = nil, message: StaticString? = nil, fields: [UInt8] = [],
    cors: CORSGrant? = nil, route: Route? = nil, identity: Identity? = nil
  ) {
    self.reason = reason
    self.status = status ?? reason.status
    self.message = message ?? reason.message
    self.fields = fields + Self.retryAfter(reason)
    self.cors = cors
    self.route = route
    self.identity = identity
  }

  /// A head that was refused before anything was decided. Where its origin can't be known, nobody is told that he may read this.
  package init(_ head: HeadRejection) {
    let fields = head == .connectRefused ? Array("Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n".utf8) : []
    self.init(RejectionReason(head), status: head.status, message: head.message, fields: fields)
  }

  /// A failure outside any route: too slow a head, too many connections, a fault of the gateway.
  package init(_ reason: RejectionReason) {
    self.init(reason, cors: nil)
  }

  /// A failure on the way of a request that was let through.
  package init(_ reason: RejectionReason, of plan: ForwardPlan) {
    self.init(reason, cors: plan.cors, route: plan.route, identity: plan.identity)
  }

  /// Whether the connection is closed after the answer, because nobody knows where the next request would begin.
  package var closes: Bool { reason.closes }

  /// Appends the lines of the answer that are its own: `Content-Type`, and what the refusal and CORS ask for. Not the
  /// `Content-Length`.
  package func appendFields(to buffer: inout ByteBuffer) {
    buffer.append("Content-Type: application/json\r\n")
    buffer.append(fields.span)
    if let cors { buffer.append(cors.fields.span) }
  }

  /// Appends the body: JSON with `message`, `reason` and `request_id`.
  package func appendBody(to buffer: inout ByteBuffer, requestID: Span<UInt8>) {
    buffer.append("{\"message\":\"")
    buffer.append(message)
    buffer.append("\",\"reason\":\"")
    buffer.append(reason.word)
    buffer.append("\",\"request_id\":")
    buffer.appendJSON(string: requestID)
    buffer.append("}\n")
  }

  /// When to come again, in seconds, for what mends itself.
  private static func retryAfter(_ reason: RejectionReason) -> [UInt8] {
    guard reason.status == 503 else { return [] }
    return Array((reason == .keysUnavailable ? "Retry-After: 5\r\n" : "Retry-After: 1\r\n").utf8)
  }
}
