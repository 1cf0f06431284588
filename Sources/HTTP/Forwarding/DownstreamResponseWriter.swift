package import Bytes

/// Writes the head of an upstream's response anew for the client.
package enum DownstreamResponseWriter {
  /// What was promised to the client.
  package struct Promise: Sendable, Equatable {
    /// How the body must now be sent.
    package var framing: MessageFraming
    /// Whether the connection may take another request behind it.
    package var keepsAlive: Bool
  }

  /// Appends the head of a final response, or of a 101.
  ///
  /// - Parameters:
  ///   - rules: what the request's route makes of all its responses.
  ///   - grant: the fields by which a browser is let see the response; empty without CORS.
  ///   - date: the present moment (`CalendarTime.imfFixdate`), for a response that has no `Date`; none is written if it is empty.
  package static func write(
    _ head: borrowing ResponseHead, rules: ResponseRules, grant: FieldBlock, plan: borrowing ResponseHeadPlan,
    date: Span<UInt8>, to buffer: inout ByteBuffer
  ) -> Promise {
    let framing = framing(for: head, clientVersion: plan.clientVersion)
    let promise = Promise(framing: framing, keepsAlive: plan.keepsAlive && framing != .untilClose)
    let removed = rules.edits.removed.known
    buffer.reserve(head.fields.bytes.count &+ 256)
    writeStatusLine(head, to: &buffer)
    writeKept(head, rules, to: &buffer)
    if !head.fields.contains(.date), !removed.contains(.date), !date.isEmpty {
      buffer.append(line: "Date: ", date)
    }
    if !removed.contains(.via) { buffer.appendVia(head.fields, version: head.version) }
    buffer.append(rules.edits.added)
    buffer.append(grant)
    if plan.forwardsWebSocket && head.status == 101 {
      buffer.append("Connection: Upgrade\r\nUpgrade: websocket\r\n")
      writeWebSocketProtocol(head, plan, to: &buffer)
    } else {
      buffer.appendConnection(keepsAlive: promise.keepsAlive, version: plan.clientVersion)
    }
    writeFraming(framing, head, to: &buffer)
    buffer.append("\r\n")
    return promise
  }

  /// Appends the head of an interim response (RFC 9110 §15.2): 100, 103 and their like.
  ///
  /// Clients that speak HTTP/1.0 know none, and must not be sent one.
  package static func writeInterim(
    _ head: borrowing ResponseHead, rules: ResponseRules, to buffer: inout ByteBuffer
  ) {
    writeStatusLine(head, to: &buffer)
    writeKept(head, rules, to: &buffer)
    buffer.append("\r\n")
  }

  /// How the body of this response is sent to a client of that version.
  ///
  /// A body that ends with the upstream's connection is sent in chunks, so that the client's connection can be kept and a body that
  /// broke off is seen as such.
  package static func framing(for head: borrowing ResponseHead, clientVersion: Version) -> MessageFraming {
    switch (head.body, clientVersion) {
    case (.none, _): .none
    case (.exact(let count), _): .length(count)
    case (.untilEnd, .http11): .chunked
    case (.untilEnd, .http10): .untilClose
    }
  }

  private static func writeStatusLine(_ head: borrowing ResponseHead, to buffer: inout ByteBuffer) {
    if head.status == 200, head.reason.equals("OK") { return buffer.append("HTTP/1.1 200 OK\r\n") }
    buffer.append("HTTP/1.1 ")
    buffer.append(decimal: head.status)
    buffer.append(ASCII.space)
    if head.reason.isEmpty { buffer.append(Status.phrase(head.status)) } else { buffer.append(head.reason) }
    buffer.append("\r\n")
  }

  private static var rewritten: KnownFieldSet {
    KnownFieldSet.hopByHop.union([.contentLength, .via])
  }
  private static var grants: KnownFieldSet {
    [
      .accessControl, .accessControlRequestMethod, .accessControlRequestHeaders,
    ]
  }
  /// Fields that `Connection` can't name.
  private static var protected: KnownFieldSet {
    [.date, .setCookie, .wwwAuthenticate]
  }

  private static func writeKept(
    _ head: borrowing ResponseHead, _ rules: ResponseRules, to buffer: inout ByteBuffer
  ) {
    let dropped = rules.replacesCORS ? rewritten.union(grants) : rewritten
    var blockStart = 0
    for index in 0..<head.fields.count {
      let known = head.fields.known(at: index)
      let name = head.fields.name(at: index)
      let isDropped =
        dropped.contains(known) || rules.edits.removed.contains(name)
        || !protected.contains(known) && head.isNominated(name)
      if !isDropped && head.fields.isCanonical(at: index) { continue }
      buffer.append(head.fields.block(blockStart..<index))
      blockStart = index &+ 1
      if isDropped { continue }
      buffer.append(name)
      buffer.append(": ")
      buffer.append(head.fields.value(at: index))
      buffer.append("\r\n")
    }
    buffer.append(head.fields.block(blockStart..<head.fields.count))
  }

  /// A browser that has asked for protocols takes no WebSocket without one, and an upstream knows nothing of the one that carried
  /// the token.
  private static func writeWebSocketProtocol(
    _ head: borrowing ResponseHead, _ plan: borrowing ResponseHeadPlan, to buffer: inout ByteBuffer
  ) {
    guard let selected = plan.webSocketProtocol, !head.fields.contains(.secWebSocketProtocol) else { return }
    buffer.append("Sec-WebSocket-Protocol: ")
    buffer.append(selected.span)
    buffer.append("\r\n")
  }

  private static func writeFraming(
    _ framing: MessageFraming, _ head: borrowing ResponseHead, to buffer: inout ByteBuffer
  ) {
    switch framing {
    case .length(let count): buffer.appendContentLength(count)
    case .chunked: buffer.append("Transfer-Encoding: chunked\r\n")
    case .untilClose: break
    case .none:
      // To HEAD, and in a 304, the length is that of a body that does not follow; elsewhere it would be a lie (RFC 9110 §8.6).
      if head.status >= 200, head.status != 204, let count = head.contentLength { buffer.appendContentLength(count) }
    }
  }
}

extension ByteBuffer {
  /// Appends what tells a client of that version whether its connection is kept (RFC 9112 §9.3).
  mutating func appendConnection(keepsAlive: Bool, version: Version) {
    if !keepsAlive {
      append("Connection: close\r\n")
    } else if version == .http10 {
      append("Connection: keep-alive\r\n")
    }
  }
}
