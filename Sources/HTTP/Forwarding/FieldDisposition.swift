import Bytes

/// What becomes of one line of a client's on its way upstream, for people.
///
/// ``UpstreamRequestWriter`` does it; this only tells.
package enum FieldDisposition: Sendable, Hashable {
  /// It passes as it is.
  case kept
  /// It passes without the credentials in it, if anything is left then.
  case filtered
  /// What it says is written anew by the gateway, as far as it still holds.
  case rewritten
  case removed(Cause)

  /// Why a line ends here.
  package enum Cause: Sendable, Hashable, CaseIterable {
    /// Upstreams are told in it who asks, so no client may send it, in any spelling.
    case identity
    /// It may hold a token, which is not forwarded.
    case credential
    /// The route's edits take it out or set it.
    case edit
    /// It concerns one connection.
    case hopByHop
    /// `Connection` names it, so it concerns one connection too.
    case nominated
    /// Only a trusted proxy may say where a request comes from.
    case untrusted
    /// It says where a request comes from, and is not what is believed of trusted proxies.
    case unbelieved
    /// It names a method other than the one that was judged.
    case methodOverride
    /// An upstream might take its name for that of a field which frames the message, which only trusted proxies may send, or which the
    /// configuration mentions.
    case lookalike
    /// `Proxy`, which programs take for the proxy that they are to use.
    case proxy
    /// It is repeated or out of form, so it starts nothing that could be continued.
    case outOfForm
    /// There is no body whose coming could be waited for.
    case withoutBody
  }
}

extension UpstreamRequestWriter {
  /// What ``write(_:rules:identity:authority:plan:peer:to:)`` makes of a line that the client sent.
  package static func fate(
    ofLine index: Int, in head: borrowing RequestHead, rules: ForwardingRules, plan: RequestHeadPlan, peer: Peer
  ) -> FieldDisposition {
    let known = head.fields.known(at: index)
    let name = head.fields.name(at: index)
    if rules.identityNames.covers(name) { return .removed(.identity) }
    if rules.credentials.drops(field: name, value: head.fields.value(at: index)) { return .removed(.credential) }
    if rewritten.contains(known) { return fate(ofRewritten: known, plan, peer, isUpgrade: head.isWebSocketUpgrade) }
    if rules.writesPrefix, known == .xForwardedPrefix { return peer.isTrusted ? .rewritten : .removed(.untrusted) }
    if rules.edits.removed.contains(name) { return .removed(.edit) }
    if isNominated(name, known, in: head) { return .removed(.nominated) }
    if dropped(head, rules, peer, Kept(head, peer)).contains(known) {
      if known == .expect { return .removed(.withoutBody) }
      if known == .traceparent || known == .tracestate || known == .xRequestID && peer.isTrusted {
        return .removed(.outOfForm)
      }
      return .removed(.untrusted)
    }
    let isFiltered =
      known == .cookie && rules.credentials.drops(fromCookies: head.fields.value(at: index))
      || known == .secWebSocketProtocol && !rules.credentials.webSocketProtocols.isEmpty
    return isFiltered ? .filtered : .kept
  }

  /// The same for a field of which nothing is ever copied.
  private static func fate(
    ofRewritten known: KnownField, _ plan: RequestHeadPlan, _ peer: Peer, isUpgrade: Bool
  ) -> FieldDisposition {
    let isHandshake = plan.forwardsWebSocket && isUpgrade
    let continued: KnownFieldSet = [.host, .contentLength, .transferEncoding, .via]
    if continued.contains(known) || isHandshake && (known == .connection || known == .upgrade) { return .rewritten }
    if known == .xForwardedFor { return peer.isTrusted ? .rewritten : .removed(.untrusted) }
    if known == .lookalike { return .removed(.lookalike) }
    if known == .methodOverride { return .removed(.methodOverride) }
    let unbelieved: KnownFieldSet = [.xForwarded, .xRealIP, .xOriginal, .xRewrite]
    if unbelieved.contains(known) { return .removed(peer.isTrusted ? .unbelieved : .untrusted) }
    return .removed(known == .proxy ? .proxy : .hopByHop)
  }
}
