package import Bytes

/// Writes the head of a request anew for its upstream.
///
/// Nothing is copied that was not parsed, and what the gateway says of itself stands behind what the client said, after everything
/// was taken out that could be confused with it:
///
/// 1. A field of one hop, or one that `Connection` names, ends here. `Connection` can't name what frames or routes the request.
/// 2. An identity field from the client never passes, on any route, in any spelling (`IdentityFieldNames`), named by `Connection`
///    or not, whether the gateway has one to put in its place or not.
/// 3. Of `X-Forwarded-*` and their like only ``forwardingFields`` pass, from trusted peers alone. What names another method passes
///    from nobody.
/// 4. A name that an upstream might fold onto one that matters (``KnownField/lookalike``) passes from nobody, nor does such a cookie or
///    query parameter.
/// 5. Framing is written from ``RequestHead/body``, never from the client's field.
/// 6. Bytes that a server might take for another request are the last on their connection
///    (``closesConnection(of:rules:forwardsWebSocket:)``).
package enum UpstreamRequestWriter {
  /// Appends the head.
  ///
  /// If the rules rewrite the target, it must be `TargetRewrite.isSafe(for:)`.
  ///
  /// - Parameters:
  ///   - rules: what the request's route makes of all its requests.
  ///   - identity: who asks, as proven: lines of a ``FieldBlock``; empty for anonymous requests.
  ///   - authority: the upstream's own: `Host` where the route wants that, or the client named none.
  // The parts that are shared by many requests come one by one: to put them into one value is to count references to them.
  package static func write(
    _ head: borrowing RequestHead, rules: ForwardingRules, identity: Span<UInt8>, authority: UpstreamAuthority,
    plan: RequestHeadPlan, peer: Peer, to buffer: inout ByteBuffer
  ) {
    buffer.reserve(head.fields.bytes.count &+ 512)
    writeRequestLine(head, rules, to: &buffer)
    if rules.host == .kept && !head.authority.isEmpty {
      buffer.append(line: "Host: ", head.authority)
    } else {
      buffer.append(line: "Host: ", authority.bytes.span)
    }
    let ours = writeKept(head, rules, peer, to: &buffer)
    writeForwarding(head, rules, plan, peer, ours, to: &buffer)
    buffer.append(rules.edits.added)
    buffer.append(identity)
    if plan.forwardsWebSocket && head.isWebSocketUpgrade {
      buffer.append("Connection: Upgrade\r\nUpgrade: websocket\r\n")
    } else if closesConnection(of: head, rules: rules, forwardsWebSocket: plan.forwardsWebSocket) {
      buffer.append("Connection: close\r\n")
    }
    writeFraming(MessageFraming(ofRequest: head.body), to: &buffer)
    buffer.append("\r\n")
  }

  // MARK: The first lines

  private static func writeRequestLine(
    _ head: borrowing RequestHead, _ rules: ForwardingRules, to buffer: inout ByteBuffer
  ) {
    head.method.write(to: &buffer)
    buffer.append(ASCII.space)
    let filtersQuery = filtersQuery(of: head, rules)
    if rules.rewrite == nil && !filtersQuery {
      buffer.append(head.target.pathAndQuery)
    } else {
      if let rewrite = rules.rewrite {
        rewrite.write(head.target, to: &buffer)
      } else {
        buffer.append(head.target.path)
      }
      if let query = head.target.query {
        if filtersQuery {
          rules.credentials.writeQuery(query, to: &buffer)
        } else {
          buffer.append(UInt8(ascii: "?"))
          buffer.append(query)
        }
      }
    }
    buffer.append(" HTTP/1.1\r\n")
  }

  private static func filtersQuery(of head: borrowing RequestHead, _ rules: ForwardingRules) -> Bool {
    guard rules.credentials.looksAtQueries, let query = head.target.query else { return false }
    return rules.credentials.drops(fromQuery: query)
  }

  // MARK: What the client sent

  /// Which fields the client sent are kept, so that ours need not be written.
  struct Kept {
    let requestID: Bool
    let traceParent: Bool

    init(_ head: borrowing RequestHead, _ peer: borrowing Peer) {
      requestID = peer.isTrusted && RequestID.believed(in: head) != nil
      traceParent = keepsTraceParent(head)
    }
  }

  /// Fields that are taken out because they are written anew, or mean nothing behind this hop.
  static var rewritten: KnownFieldSet {
    KnownFieldSet.hopByHop.union([
      .host, .contentLength, .via, .lookalike, .methodOverride, .xForwardedFor, .xForwarded, .xRealIP, .xOriginal,
      .xRewrite, .proxy,
    ])
  }
  /// Fields that are taken out unless the peer is trusted, besides those that nobody may send.
  static var forwardingFields: KnownFieldSet {
    [.forwarded, .xForwardedProto, .xForwardedHost, .xForwardedPort, .xForwardedPrefix]
  }
  /// Fields that `Connection` can't name, besides those that are written anew.
  private static var protected: KnownFieldSet {
    forwardingFields.union([.expect, .xRequestID, .traceparent, .tracestate])
  }

  /// Appends the client's fields that pass: those spelt as we would spell them in blocks, the others line by line.
  private static func writeKept(
    _ head: borrowing RequestHead, _ rules: ForwardingRules, _ peer: Peer, to buffer: inout ByteBuffer
  ) -> Kept {
    let kept = Kept(head, peer)
    let dropped = dropped(head, rules, peer, kept)
    let filtersCookies = rules.credentials.looksAtCookies
    let filtersProtocols = !rules.credentials.webSocketProtocols.isEmpty
    var isBehindName = false

    var blockStart = 0
    for index in 0..<head.fields.count {
      let known = head.fields.known(at: index)
      let name = head.fields.name(at: index)
      let isDropped =
        dropped.contains(known) || rules.identityNames.covers(name) || rules.edits.removed.contains(name)
        || rules.credentials.drops(field: name, value: head.fields.value(at: index))
        || isNominated(name, known, in: head)
      let isFiltered =
        filtersCookies && known == .cookie && rules.credentials.drops(fromCookies: head.fields.value(at: index))
        || filtersProtocols && known == .secWebSocketProtocol
      if !isDropped && !isFiltered && head.fields.isCanonical(at: index) { continue }

      buffer.append(head.fields.block(blockStart..<index))
      blockStart = index &+ 1
      if isDropped { continue }
      if isFiltered {
        if known == .cookie {
          rules.credentials.writeCookie(head.fields.value(at: index), to: &buffer)
        } else {
          rules.credentials.writeWebSocketProtocols(
            head.fields.value(at: index), isBehindName: &isBehindName, to: &buffer)
        }
      } else {
        buffer.append(name)
        buffer.append(": ")
        buffer.append(head.fields.value(at: index))
        buffer.append("\r\n")
      }
    }
    buffer.append(head.fields.block(blockStart..<head.fields.count))
    return kept
  }

  /// Which known fields are taken out of this request.
  @inline(__always)
  static func dropped(
    _ head: borrowing RequestHead, _ rules: ForwardingRules, _ peer: Peer, _ kept: Kept
  ) -> KnownFieldSet {
    var dropped = rewritten
    if !peer.isTrusted { dropped = dropped.union(forwardingFields) }
    if rules.writesPrefix { dropped.insert(.xForwardedPrefix) }
    if !kept.requestID { dropped.insert(.xRequestID) }
    if !kept.traceParent { dropped = dropped.union([.traceparent, .tracestate]) }
    if !head.expectsContinue { dropped.insert(.expect) }
    return dropped
  }

  /// Whether `Connection` names the field, and may.
  @inline(__always)
  static func isNominated(_ name: Span<UInt8>, _ known: KnownField, in head: borrowing RequestHead) -> Bool {
    !protected.contains(known) && head.isNominated(name)
  }

  private static func keepsTraceParent(_ head: borrowing RequestHead) -> Bool {
    guard !head.fields.repeated.contains(.traceparent), let line = head.fields.first(.traceparent) else { return false }
    return TraceParent.isWellFormed(head.fields.value(at: line))
  }

  // MARK: What the gateway says

  private static func writeForwarding(
    _ head: borrowing RequestHead, _ rules: ForwardingRules, _ plan: RequestHeadPlan, _ peer: Peer, _ kept: Kept,
    to buffer: inout ByteBuffer
  ) {
    // What a route takes out or sets itself is not written over.
    let removed = rules.edits.removed.known
    if !peer.isTrusted, removed.isDisjoint(with: forwardedAtOnce) {
      buffer.append(peer.forwardedLines.span)
    } else {
      writeForwardedFor(head, peer, removed, to: &buffer)
    }
    if !removed.contains(.xForwardedHost), !(peer.isTrusted && head.fields.contains(.xForwardedHost)),
      !head.authority.isEmpty
    {
      buffer.append(line: "X-Forwarded-Host: ", head.authority)
    }
    if !kept.requestID && !removed.contains(.xRequestID) {
      buffer.append("X-Request-Id: ")
      plan.requestID.write(to: &buffer)
      buffer.append("\r\n")
    }
    if rules.writesPrefix { writeForwardedPrefix(head, rules, peer, to: &buffer) }
    if !removed.contains(.via) { buffer.appendVia(head.fields, version: head.version) }
  }

  private static let forwardedAtOnce: KnownFieldSet = [.xForwardedFor, .xForwardedProto]

  private static func writeForwardedFor(
    _ head: borrowing RequestHead, _ peer: Peer, _ removed: KnownFieldSet, to buffer: inout ByteBuffer
  ) {
    if !removed.contains(.xForwardedFor) {
      buffer.append("X-Forwarded-For: ")
      if peer.isTrusted { buffer.appendList(.xForwardedFor, of: head.fields) }
      buffer.append(peer.addressText.span)
      buffer.append("\r\n")
    }
    if !removed.contains(.xForwardedProto), !(peer.isTrusted && head.fields.contains(.xForwardedProto)) {
      buffer.append("X-Forwarded-Proto: ")
      buffer.append(peer.scheme.text)
      buffer.append("\r\n")
    }
  }

  /// Appends the path that the client saw in front of what the upstream sees: what a trusted proxy took off, then what the route does.
  private static func writeForwardedPrefix(
    _ head: borrowing RequestHead, _ rules: ForwardingRules, _ peer: Peer, to buffer: inout ByteBuffer
  ) {
    guard let rewrite = rules.rewrite else { return }
    buffer.append("X-Forwarded-Prefix: ")
    if peer.isTrusted, let line = try? head.fields.single(.xForwardedPrefix) {
      let prefix = head.fields.value(at: line)
      if prefix.starts(with: [UInt8(ascii: "/")].span) {
        buffer.append(
          prefix[prefix.count &- 1] == UInt8(ascii: "/") ? prefix.extracting(0..<(prefix.count &- 1)) : prefix)
      }
    }
    buffer.append(rewrite.stripped.span)
    buffer.append("\r\n")
  }

  private static func writeFraming(_ framing: MessageFraming, to buffer: inout ByteBuffer) {
    switch framing {
    case .none, .untilClose: break
    case .length(let count): buffer.appendContentLength(count)
    case .chunked: buffer.append("Transfer-Encoding: chunked\r\n")
    }
  }
}
