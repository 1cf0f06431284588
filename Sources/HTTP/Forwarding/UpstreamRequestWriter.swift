import Bytes

/// Writes the head of a request anew for its upstream.
///
/// Nothing is copied that was not parsed, and what the gateway says of itself stands behind what the client said, after everything
/// was taken out that could be confused with it (``RequestFieldRule``). The length of the body is written from ``RequestHead/body``,
/// never from the client's field. Bytes that a server might take for another request are the last on their connection
/// (``closesConnection(of:rules:forwardsWebSocket:)``).
package enum UpstreamRequestWriter {
  /// Writes the head.
  ///
  /// If the rules rewrite the target, it must be `TargetRewrite.isSafe(for:)`.
  ///
  /// - Parameters:
  ///   - rules: what the request's route makes of all its requests.
  ///   - identity: who asks, as proven; empty for anonymous requests.
  ///   - authority: the upstream's own: `Host` where the route wants that, or the client named none.
  // The parts that are shared by many requests come one by one: to put them into one value is to count references to them.
  package static func write<Writer: HeadWriter & ~Copyable>(
    _ head: borrowing RequestHead, rules: ForwardingRules, identity: FieldRun, authority: UpstreamAuthority,
    plan: RequestHeadPlan, peer: Peer, to writer: inout Writer
  ) {
    let facts = RequestFieldRule.Facts(head, plan: plan, peer: peer)
    writer.beginRequest(head.method, scheme: peer.scheme)
    writeTarget(head, rules, to: &writer)
    writer.endRequest()
    let named = head.authority
    if rules.host == .kept && !named.isEmpty {
      writer.authority(named)
    } else {
      writer.authority(authority.bytes.span)
    }
    writeKept(head, rules, facts, to: &writer)
    writeForwarding(head, named, rules, plan, peer, facts, to: &writer)
    writer.fields(rules.edits.added)
    if !identity.isEmpty { writer.fields(identity) }
    if facts.opensWebSocket {
      writer.connection(.webSocket)
    } else {
      let closes = closesConnection(of: head, rules: rules, forwardsWebSocket: plan.forwardsWebSocket)
      writer.connection(closes ? .closed : .kept)
    }
    writer.body(head.body)
    writer.end()
  }

  private static func writeTarget<Writer: HeadWriter & ~Copyable>(
    _ head: borrowing RequestHead, _ rules: ForwardingRules, to writer: inout Writer
  ) {
    let filtersQuery = filtersQuery(of: head, rules)
    if rules.rewrite == nil && !filtersQuery { return writer.append(head.target.pathAndQuery) }
    if let rewrite = rules.rewrite {
      rewrite.write(head.target, to: &writer)
    } else {
      writer.append(head.target.path)
    }
    guard let query = head.target.query else { return }
    if filtersQuery {
      rules.credentials.writeQuery(query, to: &writer)
    } else {
      writer.append("?")
      writer.append(query)
    }
  }

  private static func filtersQuery(of head: borrowing RequestHead, _ rules: ForwardingRules) -> Bool {
    guard rules.credentials.looksAtQueries, let query = head.target.query else { return false }
    return rules.credentials.drops(fromQuery: query)
  }

  // MARK: What the client sent

  /// Writes the client's fields that pass: those spelt as they would be written in runs, the others one by one.
  private static func writeKept<Writer: HeadWriter & ~Copyable>(
    _ head: borrowing RequestHead, _ rules: ForwardingRules, _ facts: RequestFieldRule.Facts, to writer: inout Writer
  ) {
    let mayBeNamed = head.namesFields
    let count = head.fields.count
    var runStart = 0
    var isBehindName = false
    for index in 0..<count {
      let line = head.fields.lines[index]
      let disposition: FieldDisposition =
        if RequestFieldRule.neverCopied.contains(line.known) {
          .rewritten
        } else if mayBeNamed || RequestFieldRule.conditional.contains(line.known) || rules.mayName(line) {
          RequestFieldRule.disposition(ofLine: index, in: head, rules: rules, facts: facts)
        } else {
          .kept
        }
      if disposition == .kept && line.isCanonical { continue }
      if runStart < index { writer.fields(runStart..<index, of: head.fields) }
      runStart = index &+ 1
      switch disposition {
      case .rewritten, .removed: continue
      case .kept: writer.field(head.fields.name(at: index), head.fields.value(at: index))
      case .filtered:
        let value = head.fields.value(at: index)
        if line.known == .cookie {
          rules.credentials.writeCookie(value, to: &writer)
        } else {
          rules.credentials.writeWebSocketProtocols(value, isBehindName: &isBehindName, to: &writer)
        }
      }
    }
    if runStart < count { writer.fields(runStart..<count, of: head.fields) }
  }

  // MARK: What the gateway says

  private static func writeForwarding<Writer: HeadWriter & ~Copyable>(
    _ head: borrowing RequestHead, _ authority: Span<UInt8>, _ rules: ForwardingRules, _ plan: RequestHeadPlan,
    _ peer: Peer, _ facts: RequestFieldRule.Facts, to writer: inout Writer
  ) {
    // What a route takes out or sets itself is not written over.
    let removed = rules.edits.removed.known
    if !peer.isTrusted, removed.isDisjoint(with: [.xForwardedFor, .xForwardedProto]) {
      writer.fields(peer.forwardedFields)
    } else {
      writeForwardedFor(head, peer, removed, to: &writer)
    }
    if !removed.contains(.xForwardedHost), !(peer.isTrusted && head.fields.contains(.xForwardedHost)),
      !authority.isEmpty
    {
      writer.field("X-Forwarded-Host", authority)
    }
    if !facts.keepsRequestID && !removed.contains(.xRequestID) {
      writer.beginField("X-Request-Id")
      plan.requestID.write(to: &writer)
      writer.endField()
    }
    if rules.writesPrefix { writeForwardedPrefix(head, rules, peer, to: &writer) }
    if !removed.contains(.via) { writer.via(head.fields, version: head.version) }
  }

  private static func writeForwardedFor<Writer: HeadWriter & ~Copyable>(
    _ head: borrowing RequestHead, _ peer: Peer, _ removed: KnownFieldSet, to writer: inout Writer
  ) {
    if !removed.contains(.xForwardedFor) {
      writer.beginField("X-Forwarded-For")
      if peer.isTrusted { writer.appendList(.xForwardedFor, of: head.fields) }
      writer.append(peer.addressText.span)
      writer.endField()
    }
    if !removed.contains(.xForwardedProto), !(peer.isTrusted && head.fields.contains(.xForwardedProto)) {
      writer.field("X-Forwarded-Proto", peer.scheme.text)
    }
  }

  /// Writes the path that the client saw in front of what the upstream sees: what a trusted proxy took off, then what the route does.
  private static func writeForwardedPrefix<Writer: HeadWriter & ~Copyable>(
    _ head: borrowing RequestHead, _ rules: ForwardingRules, _ peer: Peer, to writer: inout Writer
  ) {
    guard let rewrite = rules.rewrite else { return }
    writer.beginField("X-Forwarded-Prefix")
    if peer.isTrusted, let line = try? head.fields.single(.xForwardedPrefix) {
      let prefix = head.fields.value(at: line)
      if prefix.starts(with: [UInt8(ascii: "/")].span) {
        writer.append(
          prefix[prefix.count &- 1] == UInt8(ascii: "/") ? prefix.extracting(0..<(prefix.count &- 1)) : prefix)
      }
    }
    writer.append(rewrite.stripped.span)
    writer.endField()
  }
}
