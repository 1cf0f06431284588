import Bytes
import Configuration
import HTTP
import Tokens

/// The part about the token: the places that were searched, and its checks.
extension Explainer {
  /// - Returns: whom the token speaks for, if it is good.
  func tellToken(
    _ head: borrowing RequestHead, _ peer: Peer, _ decision: Decision, on route: Route, _ telling: inout Telling
  ) -> Identity? {
    telling.begin(route.authentication == .certificate ? "Certificate" : "Token")
    telling.tell("auth", route.authentication.sentence)
    if route.authentication == .certificate { return tellCertificate(of: peer, &telling) }
    if !route.authentication.looksAtTokens { return nil }
    for place in configuration.auth.tokenFrom { tellPlace(place, head, peer, &telling) }

    switch policy.tokenPlaces.search(head, from: peer) {
    case .none:
      if route.authentication == .optional {
        telling.tell("token", "there is none: the request is anonymous", .passed)
      } else {
        telling.tell("token", "there is none", .failed(.tokenMissing))
      }
      return nil
    case .malformed:
      telling.tell("token", "what stands there is no token", .failed(.tokenMalformed))
      return nil
    case .ambiguous:
      if decision.reason == .tokenTooLarge {
        telling.tell("token", "there are two that differ, and one is too long", .failed(.tokenTooLarge))
      } else if decision.reason == .tokenMalformed {
        telling.tell("token", "there are two that differ, and one is none", .failed(.tokenMalformed))
      } else {
        telling.tell("token", "there are two that differ", .failed(.tokenAmbiguous))
      }
      return nil
    case .found(let location):
      return tellChecks(of: location, head, peer, decision, on: route, &telling)
    }
  }

  // MARK: Certificates

  private func tellCertificate(of peer: Peer, _ telling: inout Telling) -> Identity? {
    guard let certificate = peer.certificate else {
      telling.tell("certificate", "the client has proven none", .failed(.certificateMissing))
      return nil
    }
    for claim in CertificateClaim.allCases {
      let value = certificate.meaning(of: claim).json.map(redaction.json) ?? "nothing there"
      telling.tell(claim.rawValue, value, .passed)
    }
    return authenticator.identity(of: certificate)
  }

  // MARK: Places

  private func tellPlace(
    _ place: TokenPlace, _ head: borrowing RequestHead, _ peer: Peer, _ telling: inout Telling
  ) {
    let name =
      switch place {
      case .header(let name): name
      case .cookie(let name): "cookie \(name)"
      case .query(let name): "query \(name)"
      case .webSocketProtocol(let name): "protocol \(name)"
      }
    switch TokenExtractor([place]).search(head, from: peer) {
    case .none:
      telling.tell(name, nothing(at: place, head, peer), .skipped)
    case .malformed: telling.tell(name, "a name that announces a token, and nothing behind it")
    case .found(let location):
      let token = location.bytes(in: head)
      telling.tell(
        name, token.isEmpty ? "there, but without a token" : VisibleText.plain(Redaction.shown(token.text)))
    case .ambiguous: telling.tell(name, "several tokens that differ")
    }
  }

  private func nothing(at place: TokenPlace, _ head: borrowing RequestHead, _ peer: Peer) -> String {
    switch place {
    case .header(let name)
    where peer.maySend(Array(name.utf8).span) && head.fields.first(named: Array(name.utf8).span) != nil:
      "credentials of another scheme than Bearer: no token, but passed on to an upstream"
    case .query where head.method != .get && head.method != .head: "looked at for GET and HEAD only"
    case .webSocketProtocol where !head.isWebSocketUpgrade: "looked at for WebSocket handshakes only"
    case .header, .cookie, .query, .webSocketProtocol: "nothing"
    }
  }

  // MARK: Checks

  private func tellChecks(
    of location: TokenLocation, _ head: borrowing RequestHead, _ peer: Peer, _ decision: Decision, on route: Route,
    _ telling: inout Telling
  ) -> Identity? {
    let inspection = authenticator.inspection(
      of: location.bytes(in: head), now: now, certificate: peer.certificate)
    for check in inspection.checks {
      let mark: Explanation.Mark =
        switch check.outcome {
        case .passed: .passed
        case .failed: .failed(RejectionReason(check.rejection))
        case .notReached: .skipped
        }
      telling.tell(check.name, check.sentence, mark)
    }
    guard inspection.verdict == nil else { return nil }
    if decision.reason == .tokenRevoked {
      telling.tell("revocation", "the token, its session or its user's tokens were revoked", .failed(.tokenRevoked))
      return nil
    }
    if location.isCookie {
      telling.judge(
        "origin", originSentence(head, peer, on: route), failing: .originRefused, if: decision.reason == .originRefused)
    }
    return try? authenticator.identity(
      for: location.bytes(in: head), now: now, certificate: peer.certificate)
  }

  /// A sentence about the origin, for a token in a cookie, which browsers send along with requests of other sites.
  private func originSentence(_ head: borrowing RequestHead, _ peer: Peer, on route: Route) -> String {
    if OriginCheck.isExempt(head) {
      return "\(head.method.text) with a cookie changes nothing, so any page may cause it"
    }
    if let line = head.fields.first(.origin) {
      let origin = head.fields.value(at: line)
      let text = "Origin: \(VisibleText.quoted(origin.text))"
      if head.fields.repeated.contains(.origin) { return text + " and another one" }
      if route.cors?.lists(origin) == true { return text + ", listed in 'cors'" }
      if OriginCheck.isOwn(origin, of: head, peer: peer) { return text + ", the request's own" }
      return text + ", which is neither the request's own nor listed in 'cors'"
    }
    guard let line = head.fields.first(.secFetchSite) else {
      return "a cookie carries the token, and neither Origin nor Sec-Fetch-Site says which page sent it"
    }
    return "no Origin; Sec-Fetch-Site: \(VisibleText.quoted(head.fields.value(at: line).text))"
  }
}

extension RouteAuthentication {
  /// The consequence for a request, in words.
  fileprivate var sentence: String {
    switch self {
    case .required: "required: only a valid token lets the request through"
    case .optional: "optional: without a token the request is anonymous, a bad one is refused"
    case .report: "report: what follows is logged, and the request passes whatever it says"
    case .certificate:
      "certificate: only a verified client certificate lets the request through; tokens are not looked at"
    case .none: "none: tokens are not looked at"
    }
  }
}
