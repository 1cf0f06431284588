import Bytes
package import Configuration
package import Cryptography
package import HTTP
import Tokens

/// Tells how requests fare with a policy.
///
/// For commands, not for a worker: it looks at everything twice, once to decide and once to tell.
package struct Explainer {
  let policy: Policy
  let configuration: GatewayConfiguration
  let authenticator: Authenticator
  let revocations: Revocations
  /// Seconds since the epoch.
  let now: Double

  /// - Parameter configuration: what the policy was made from.
  package init(
    _ policy: Policy, configuration: GatewayConfiguration, authenticator: Authenticator,
    revocations: Revocations = .none, now: Double
  ) {
    self.policy = policy
    self.configuration = configuration
    self.authenticator = authenticator
    self.revocations = revocations
    self.now = now
  }

  /// Keeps secrets out of all that is printed.
  var redaction: Redaction { Redaction(policy.tokenPlaces, configuration) }

  /// The way of a request as it comes off the wire, its head and nothing behind it.
  ///
  /// - Parameters:
  ///   - wire: bytes up to and with the empty line.
  ///   - address: where it comes from; nil for a Unix socket.
  ///   - certificate: that of the client, as if it had been verified; nil without.
  ///   - requestID: the id for a request that brings none that is believed.
  package func explain(
    _ wire: [UInt8], from address: IPAddress?, scheme: Scheme = .http, certificate: ClientCertificate? = nil,
    requestID: RequestID
  ) -> Explanation {
    let limits = configuration.limits
    var parser = RequestHeadParser(
      limits: HeadLimits(
        headBytes: limits.head, targetBytes: limits.target, fieldCount: limits.fields,
        guardedNames: policy.guardedNames))
    var head = RequestHead()
    let rejection: HeadRejection
    switch parser.parse(wire.span, into: &head) {
    case .complete:
      let peer = Peer(
        address: address, scheme: scheme, trustedProxies: policy.trustedProxies, certificate: certificate)
      return explain(head, peer: peer, requestID: requestID)
    case .rejected(let why): rejection = why
    // Without its last line it is no head.
    case .needsMore: rejection = .malformedField
    }
    let line = wire.prefix { $0 != ASCII.carriageReturn }
    return explain(rejection, requestLine: Array(line).span.text, requestID: requestID)
  }

  /// The way of a request whose head was read.
  ///
  /// - Parameter requestID: the id for a request that brings none that is believed.
  package func explain(_ head: borrowing RequestHead, peer: Peer, requestID: RequestID) -> Explanation {
    let (decision, missedIssuer) = policy.decide(
      head, peer: peer, now: now, authenticator: authenticator, revocations: revocations)
    var telling = Telling()
    tellRequest(head, peer, &telling)
    tellRoute(head, peer, decision, &telling)
    if let route = decision.route { tellAccess(head, peer, decision, on: route, &telling) }
    let outcome: Explanation.Outcome
    switch decision {
    case .forward(let plan):
      outcome = .forwarded(upstreamRequest(head, plan, peer, requestID: requestID))
    case .answer(.fixed(let answer)): outcome = answered(answer, head)
    case .answer(.hosted(let call)): outcome = .hosted(call.endpoint)
    case .reject(let rejection): outcome = answered(rejection, head, requestID)
    }
    return Explanation(
      sections: telling.sections, decision: decision, missedIssuer: missedIssuer, outcome: outcome)
  }

  /// The way of a request whose head was refused.
  ///
  /// - Parameter requestLine: its first line.
  package func explain(_ rejection: HeadRejection, requestLine: String, requestID: RequestID) -> Explanation {
    var telling = Telling()
    telling.begin("Request")
    telling.tell("line", VisibleText.quoted(redaction.requestLine(requestLine)))
    let refusal = Rejection(rejection)
    var name = "head"
    if case .ambiguousPath = rejection { name = "path" }
    telling.tell(name, headSentence(rejection), .failed(refusal.reason))
    return Explanation(
      sections: telling.sections, decision: .reject(refusal), missedIssuer: nil,
      outcome: answered(refusal, RequestHead(), requestID))
  }

  private func headSentence(_ rejection: HeadRejection) -> String {
    let limits = configuration.limits
    if rejection == .headTooLarge { return "\(rejection.message) 'head' of 'limits' is \(limits.head) bytes." }
    if rejection == .tooManyFields { return "\(rejection.message) 'fields' of 'limits' is \(limits.fields)." }
    if rejection == .targetTooLong { return "\(rejection.message) 'target' of 'limits' is \(limits.target) bytes." }
    return "\(rejection.message)"
  }

  // MARK: The request itself

  private func tellRequest(_ head: borrowing RequestHead, _ peer: Peer, _ telling: inout Telling) {
    telling.begin("Request")
    let target = redaction.target(head.rawTarget.text)
    telling.tell("line", VisibleText.plain("\(head.method.text) \(target)"))
    if head.authority.isEmpty {
      telling.tell("host", "none")
    } else {
      let isCanonical = head.authority.equals(head.host)
      let matched = isCanonical ? "" : ", matched as \(VisibleText.quoted(head.host.text))"
      telling.tell("host", VisibleText.quoted(head.authority.text) + matched)
    }
    telling.tell("client", client(head, peer))
    tellDropped(head, peer, &telling)
    telling.tell("path", path(head), .passed)
  }

  /// A sentence that says which address counts as the client's, and why.
  private func client(_ head: borrowing RequestHead, _ peer: Peer) -> String {
    let name = peer.address.map(\.description) ?? "a program on a Unix socket"
    let field = head.fields.contains(.xForwardedFor) ? "X-Forwarded-For" : "Forwarded"
    let saysSomething = head.fields.contains(.xForwardedFor) || head.fields.contains(.forwarded)
    guard peer.isTrusted else {
      return name + (saysSomething ? "; no trusted proxy, so its \(field) is not believed" : "")
    }
    guard saysSomething else { return "\(name), a trusted proxy that speaks for nobody else" }
    switch policy.trustedProxies.clientAddress(of: head, from: peer) {
    case .known(let address): return "\(address), as \(name), a trusted proxy, says in \(field)"
    case .local, .unknown:
      return "unknown: \(name), a trusted proxy, says something in \(field) that is no address"
    }
  }

  /// The canonical path, and what had to be done to get it.
  private func path(_ head: borrowing RequestHead) -> String {
    let canonical = VisibleText.quoted(head.target.path.text)
    let raw = head.rawTarget
    let sent = raw.extracting(first: raw.firstIndex(of: UInt8(ascii: "?")) ?? raw.count)
    if head.target.isAsterisk || head.scheme != nil || sent.equals(head.target.path) {
      return "\(canonical), as it was sent"
    }
    return "\(canonical): " + PathChanges.list(sent).joined(separator: ", ")
  }
}
