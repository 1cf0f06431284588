package import Bytes
package import HTTP
import JSON

/// A refusal, ready to be written: every answer of 400 and above that is the gateway's own, those of the proxy
/// included.
package struct Rejection: Error, Sendable {
  /// The reason; its word stands in the access log and in the metric's label.
  package let reason: RejectionReason
  package let status: Int
  /// The text for the client.
  package let message: StaticString
  /// A text for the client in place of ``message``, where that depends on what the client sent.
  package let details: String?
  /// All lines of the answer but those of the connection: `Content-Type`, `WWW-Authenticate`, `Allow`, `Retry-After`,
  /// CORS.
  package let fields: FieldBlock
  /// The route it was refused on; nil if none was found.
  package let route: Route?
  /// The caller, if the token proves one.
  package let identity: Identity?

  /// - Parameters:
  ///   - status: in place of the reason's own.
  ///   - message: in place of the reason's own.
  ///   - details: in place of the message, if there is more to say.
  ///   - lines: all but CORS, as ``lines(for:_:)`` makes them; nil for those that go with the reason alone.
  ///   - cors: what browsers are told; empty where CORS is not configured.
  init(
    _ reason: RejectionReason, status: Int? = nil, message: StaticString? = nil, lines: FieldBlock? = nil,
    details: String? = nil, cors: FieldBlock = FieldBlock(), route: Route? = nil, identity: Identity? = nil
  ) {
    self.reason = reason
    self.details = details
    self.status = status ?? reason.status
    self.message = message ?? reason.message
    self.route = route
    self.identity = identity
    var fields = lines ?? Self.lines(for: reason)
    if !cors.isEmpty { fields.append(cors) }
    // Whose accounts there are, and who may not log in, is not for caches.
    if let route, route.isPrivate { _ = fields.append(name: "Cache-Control", value: "no-store") }
    self.fields = fields
  }

  /// The lines of the answer but CORS: those that go with every refusal, those of the reason, and one more.
  static func lines(for reason: RejectionReason, _ line: (name: String, value: String)? = nil) -> FieldBlock {
    var lines = FieldBlock()
    // Names and values are literals, lists of methods or quoted strings of visible characters: all can stand in a
    // field.
    _ = lines.append(name: "Content-Type", value: "application/json")
    if let seconds = reason.retryAfter { _ = lines.append(name: "Retry-After", value: "\(seconds)") }
    if let line { _ = lines.append(name: line.name, value: line.value) }
    return lines
  }

  /// A head that was refused before anything was decided.
  ///
  /// As its origin can't be relied upon, no page may read this.
  package init(_ head: HeadRejection) {
    let methods = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"
    let reason = RejectionReason(head)
    let lines = Self.lines(for: reason, head.status == 405 ? ("Allow", methods) : nil)
    self.init(reason, status: head.status, message: head.message, lines: lines)
  }

  /// A failure outside any route: too slow a head, too many connections, a fault of the gateway.
  package init(_ reason: RejectionReason) {
    self.init(reason, route: nil)
  }

  /// A failure on the way of a request that was let through.
  package init(_ reason: RejectionReason, of plan: ForwardPlan) {
    self.init(reason, cors: plan.cors, route: plan.route, identity: plan.identity)
  }

  /// True if the connection is closed after the answer, because it is unknown where the next request would begin.
  package var closes: Bool { reason.closes }

  /// Appends the body: JSON with `message`, `reason` and `request_id`.
  package func writeBody(requestID: Span<UInt8>, to buffer: inout ByteBuffer) {
    buffer.append("{\"message\":\"")
    if let details { buffer.appendJSON(escaping: details.utf8Span.span) } else { buffer.append(message) }
    buffer.append("\",\"reason\":\"")
    buffer.append(reason.word)
    buffer.append("\",\"request_id\":")
    buffer.appendJSON(string: requestID)
    buffer.append("}\n")
  }
}
