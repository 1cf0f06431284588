import Bytes

/// Writes the head of an upstream's response anew for the client.
///
/// The rule on its fields is ``ResponseFieldRule``.
package enum DownstreamResponseWriter {
  /// Writes the head of a final response, or of a 101.
  ///
  /// - Parameters:
  ///   - rules: what the request's route makes of all its responses.
  ///   - grant: the fields by which a browser is let see the response; empty without CORS.
  ///   - keepsConnection: true if the client's connection is kept.
  ///   - date: the present moment (`CalendarTime.imfFixdate`), for a response that has no `Date`; none is written if it is empty.
  package static func write<Writer: HeadWriter & ~Copyable>(
    _ head: borrowing ResponseHead, rules: ResponseRules, grant: FieldBlock, plan: borrowing ResponseHeadPlan,
    keepsConnection: Bool, date: Span<UInt8>, to writer: inout Writer
  ) {
    let removed = rules.edits.removed.known
    writer.status(head.status, reason: head.reason)
    writeKept(head, rules, replacing: plan.transportSecurity == nil ? [] : .transportSecurity, to: &writer)
    if !head.fields.contains(.date), !removed.contains(.date), !date.isEmpty { writer.field("Date", date) }
    if !removed.contains(.via) { writer.via(head.fields, version: head.version) }
    writer.fields(rules.edits.added)
    if let own = plan.transportSecurity, !rules.setsTransportSecurity { writer.fields(own) }
    writer.fields(grant)
    if plan.forwardsWebSocket && head.status == 101 {
      writer.connection(.webSocket)
      // A browser that has asked for protocols takes no WebSocket without one, and an upstream knows nothing of the one that carried
      // the token.
      if let selected = plan.webSocketProtocol, !head.fields.contains(.secWebSocketProtocol) {
        writer.field("Sec-WebSocket-Protocol", selected.span)
      }
    } else {
      writer.connection(keepsConnection ? .kept : .closed)
    }
    writer.body(head.body)
    // To HEAD, and in a 304, the length is that of a body that does not follow; elsewhere it would be a lie (RFC 9110 §8.6).
    if head.body.isNone, head.status >= 200, head.status != 204, let count = head.contentLength {
      writer.contentLength(count)
    }
    writer.end()
  }

  /// Writes the head of an interim response (RFC 9110 §15.2): 100, 103 and their like.
  package static func writeInterim<Writer: HeadWriter & ~Copyable>(
    _ head: borrowing ResponseHead, rules: ResponseRules, to writer: inout Writer
  ) {
    writer.status(head.status, reason: head.reason)
    writeKept(head, rules, replacing: [], to: &writer)
    writer.end()
  }

  /// Writes the fields that pass: those spelt as they would be written in runs, the others one by one.
  ///
  /// - Parameter replaced: fields of which the gateway has its own.
  private static func writeKept<Writer: HeadWriter & ~Copyable>(
    _ head: borrowing ResponseHead, _ rules: ResponseRules, replacing replaced: KnownFieldSet, to writer: inout Writer
  ) {
    let neverCopied = ResponseFieldRule.neverCopied.union(replaced)
    let mayBeNamed = head.namesFields
    let count = head.fields.count
    var runStart = 0
    for index in 0..<count {
      let line = head.fields.lines[index]
      let isDropped =
        if neverCopied.contains(line.known) {
          true
        } else if mayBeNamed || rules.mayTreat(line) {
          ResponseFieldRule.disposition(ofLine: index, in: head, rules: rules) != .kept
        } else {
          false
        }
      if !isDropped && line.isCanonical { continue }
      if runStart < index { writer.fields(runStart..<index, of: head.fields) }
      runStart = index &+ 1
      if !isDropped { writer.field(head.fields.name(at: index), head.fields.value(at: index)) }
    }
    if runStart < count { writer.fields(runStart..<count, of: head.fields) }
  }
}
