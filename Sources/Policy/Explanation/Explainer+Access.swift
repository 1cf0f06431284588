import Bytes
import Configuration
import HTTP
import Tokens

/// The part about access: addresses, tokens, requirements, and the length of the body.
extension Explainer {
  func tellAccess(
    _ head: borrowing RequestHead, _ peer: Peer, _ decision: Decision, on route: Route, _ telling: inout Telling
  ) {
    let reason = decision.reason
    if reason == .encodedSlash || reason == .ambiguousPath { return }
    if let addresses = route.addresses {
      telling.begin("Address")
      let client = policy.trustedProxies.clientAddress(of: head, from: peer)
      telling.judge(
        "client", addresses.sentence(about: client), failing: .addressDenied, if: reason == .addressDenied)
    }
    if reason == .addressDenied { return }
    if isPreflight(head, peer) {
      tellCORS(head, on: route, isPreflight: true, &telling)
      return
    }
    let identity = tellToken(head, peer, decision, on: route, &telling)
    if reason == nil || reason?.isForLack == true || reason == .bodyTooLarge {
      tellRequirements(of: route, identity, peer, &telling)
    }
    if !decision.isRefused || reason == .bodyTooLarge { tellBody(head, reason, on: route, &telling) }
    if route.cors != nil { tellCORS(head, on: route, isPreflight: false, &telling) }
  }

  // MARK: Requirements

  /// - Parameter identity: nil for a caller of whom none is asked.
  private func tellRequirements(
    of route: Route, _ identity: Identity?, _ peer: Peer, _ telling: inout Telling
  ) {
    let checks = route.requirements.checks(of: identity, peer.certificate, redaction)
    guard identity != nil || !checks.isEmpty else { return }
    telling.begin("Requirements")
    if checks.isEmpty {
      let proof = route.authentication == .certificate ? "certificate" : "token"
      telling.tell("none", "any valid \(proof) will do", .passed)
    }
    for check in checks { telling.judge(check.name, check.sentence, failing: check.reason, if: !check.isMet) }
  }

  // MARK: Body

  private func tellBody(
    _ head: borrowing RequestHead, _ reason: RejectionReason?, on route: Route, _ telling: inout Telling
  ) {
    guard !head.body.isEmpty else { return }
    telling.begin("Body")
    let limit: String
    switch route.maxBody {
    case .unlimited: limit = "of any length"
    case .bytes(let count): limit = "of at most \(count) bytes"
    }
    switch head.body {
    case .exact(let count):
      telling.judge(
        "length", "\(count) bytes; the route takes bodies \(limit)", failing: .bodyTooLarge, if: reason == .bodyTooLarge
      )
    case .untilEnd, .none:
      telling.tell("length", "not announced; the route takes bodies \(limit), and counts as they come")
    }
  }

  // MARK: CORS

  private func tellCORS(
    _ head: borrowing RequestHead, on route: Route, isPreflight: Bool, _ telling: inout Telling
  ) {
    guard let cors = route.cors else { return }
    telling.begin("CORS")
    guard let line = head.fields.first(.origin) else {
      telling.tell("origin", "none: not from a page of another site")
      return
    }
    let origin = VisibleText.quoted(head.fields.value(at: line).text)
    let isGranted = cors.grants(head)
    let sentence =
      isGranted
      ? "\(origin) may read the answer"
      : "\(origin) is not listed, so a browser won't let a page of it read the answer"
    telling.tell(isPreflight ? "preflight" : "origin", sentence, isGranted ? .passed : .skipped)
  }
}

extension Decision {
  /// True if the request goes no further.
  package var isRefused: Bool {
    switch self {
    case .reject: true
    case .forward, .answer: false
    }
  }
}

extension AddressRules {
  /// A sentence that says how the rules judge a client at this address.
  func sentence(about client: ClientAddress) -> String {
    let address: IPAddress
    switch client {
    case .known(let known): address = known
    case .local: return "a client without address is in no network" + (allowed == nil ? "" : ", and it must be in one")
    case .unknown: return "where the client is can't be told, and the route goes by that"
    }
    if let range = denied.first(where: { $0.contains(address) }) { return "\(address) is in \(range), which is denied" }
    guard let allowed else { return "\(address) is in none of the networks denied" }
    if let range = allowed.first(where: { $0.contains(address) }) {
      return "\(address) is in \(range), which is allowed"
    }
    return "\(address) is not in \(allowed.map(\.description).joined(separator: ", "))"
  }
}
