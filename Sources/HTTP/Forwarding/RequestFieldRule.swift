import Bytes

/// The one rule on the fields of a request on their way upstream.
///
/// ``UpstreamRequestWriter`` executes it, and `explain` prints it.
///
/// 1. A field of one hop, or one that `Connection` names, ends here. `Connection` can't name what frames or routes the request.
/// 2. An identity field from the client never passes, on any route, in any spelling (`IdentityFieldNames`), named by `Connection`
///    or not, whether the gateway has one to put in its place or not.
/// 3. Of `X-Forwarded-*` and their like only ``forwardingFields`` pass, from trusted peers alone. What names another method, or tells
///    of a client's certificate, passes from nobody.
/// 4. A name that an upstream might fold onto one that matters (``KnownField/lookalike``) passes from nobody, nor does such a cookie or
///    query parameter.
package enum RequestFieldRule {
  /// The facts about a request that decide about fields of it, found once.
  package struct Facts {
    let isTrusted: Bool
    let opensWebSocket: Bool
    /// The client's id and place in a trace are kept, so that none need be written.
    let keepsRequestID: Bool
    let keepsTrace: Bool

    package init(_ head: borrowing RequestHead, plan: RequestHeadPlan, peer: Peer) {
      isTrusted = peer.isTrusted
      opensWebSocket = plan.forwardsWebSocket && head.isWebSocketUpgrade
      keepsRequestID = peer.isTrusted && RequestID.believed(in: head) != nil
      keepsTrace = TraceParent.isContinued(by: head)
    }
  }

  /// Fields that are never copied: the gateway writes them anew, or they mean nothing behind this hop.
  static var neverCopied: KnownFieldSet {
    KnownFieldSet.hopByHop.union([
      .host, .contentLength, .via, .lookalike, .methodOverride, .clientCertificate, .xForwardedFor, .xForwarded,
      .xRealIP, .xOriginal,
      .xRewrite, .proxy,
    ])
  }

  /// Fields that pass from trusted peers alone.
  static var forwardingFields: KnownFieldSet {
    [.forwarded, .xForwardedProto, .xForwardedHost, .xForwardedPort, .xForwardedPrefix]
  }

  /// Fields that pass under conditions of their own; a field that is neither here nor in ``neverCopied`` passes unless the route or
  /// `Connection` names it.
  static var conditional: KnownFieldSet {
    forwardingFields.union([.expect, .xRequestID, .traceparent, .tracestate, .cookie, .secWebSocketProtocol])
  }

  /// Fields that `Connection` can't name, besides those that are never copied.
  private static var protected: KnownFieldSet {
    forwardingFields.union([.expect, .xRequestID, .traceparent, .tracestate])
  }

  /// Decides about a line that the client sent.
  package static func disposition(
    ofLine index: Int, in head: borrowing RequestHead, rules: ForwardingRules, facts: Facts
  ) -> FieldDisposition {
    let known = head.fields.known(at: index)
    let name = head.fields.name(at: index)
    if rules.identityNames.covers(name, known) { return .removed(.identity) }
    if rules.credentials.drops(field: name, known, value: head.fields.value(at: index)) { return .removed(.credential) }
    if let cause = FieldDisposition.Cause.onAnyRoute(known, isTrusted: facts.isTrusted) { return .removed(cause) }
    if neverCopied.contains(known) { return disposition(ofNeverCopied: known, facts) }
    if rules.writesPrefix, known == .xForwardedPrefix { return .rewritten }
    if rules.edits.removed.contains(name, known) { return .removed(.edit) }
    if !protected.contains(known), head.isNominated(name) { return .removed(.nominated) }
    if known == .expect, !head.expectsContinue { return .removed(.withoutBody) }
    if known == .xRequestID, !facts.keepsRequestID { return .removed(.outOfForm) }
    if known == .traceparent || known == .tracestate, !facts.keepsTrace { return .removed(.outOfForm) }
    return rules.credentials.filters(known, head.fields.value(at: index)) ? .filtered : .kept
  }

  private static func disposition(ofNeverCopied known: KnownField, _ facts: Facts) -> FieldDisposition {
    let continued: KnownFieldSet = [.host, .contentLength, .transferEncoding, .via, .xForwardedFor]
    if continued.contains(known) { return .rewritten }
    if facts.opensWebSocket, known == .connection || known == .upgrade { return .rewritten }
    if known == .proxy { return .removed(.proxy) }
    return .removed(KnownFieldSet.hopByHop.contains(known) ? .hopByHop : .unbelieved)
  }
}
