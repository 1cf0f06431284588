import Bytes
import Configuration
import HTTP
import Tokens

/// The part about the outcome: the answer to the client, or the head for the upstream.
extension Explainer {
  func answered(_ rejection: Rejection, _ head: borrowing RequestHead, _ id: RequestID) -> Explanation.Outcome {
    var body = ByteBuffer()
    rejection.writeBody(requestID: Array(id.text.utf8).span, to: &body)
    let response = LocalResponse(status: rejection.status, fields: rejection.fields, contentLength: body.count)
    return answered(response, body.text, head, keepsAlive: !rejection.closes && head.wantsConnectionKept)
  }

  func answered(_ answer: LocalReply, _ head: borrowing RequestHead) -> Explanation.Outcome {
    let response = LocalResponse(status: answer.status, fields: answer.fields, contentLength: answer.body.count)
    return answered(response, redaction.body(answer.body.span.text), head, keepsAlive: head.wantsConnectionKept)
  }

  private func answered(
    _ response: LocalResponse, _ body: String, _ head: borrowing RequestHead, keepsAlive: Bool
  ) -> Explanation.Outcome {
    var text = ByteBuffer()
    let date = Array(CalendarTime(unixSeconds: Int(now)).imfFixdate.utf8)
    response.write(version: head.version, keepsAlive: keepsAlive, date: date.span, to: &text)
    let hasBody = head.method != .head && response.status != 204 && response.status != 304
    let lines = Self.lines(of: text.text)
    return .answered(
      head: lines.prefix(1) + lines.dropFirst().map(redaction.line),
      body: hasBody ? Self.lines(of: body).map(Redaction.withoutTokens) : [])
  }

  /// The lines of a message, with their ends or without, the empty one at the end left out.
  private static func lines(of text: String) -> [String] {
    var lines = text.split(omittingEmptySubsequences: false) { $0 == "\r\n" || $0 == "\n" }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { VisibleText.plain(String($0)) }
  }

  // MARK: Forwarding

  func upstreamRequest(
    _ head: borrowing RequestHead, _ plan: ForwardPlan, _ peer: Peer, requestID: RequestID
  ) -> Explanation.UpstreamRequest {
    let upstream = configuration.upstreams[plan.forwarding.upstream]
    let authority = upstream.servers.first.map { UpstreamAuthority($0.address.value) } ?? .localhost
    let plan = asserted(plan)
    let headPlan = plan.head(requestID: requestID)
    let rules = plan.forwarding.requestRules
    let facts = RequestFieldRule.Facts(head, plan: headPlan, peer: peer)
    var text = ByteBuffer()
    plan.write(head, headPlan, authority: authority, peer: peer, to: &text)
    let redaction = redaction
    var lines = Self.lines(of: text.text)
    let written = lines.dropFirst()
    if let first = lines.first { lines[0] = redaction.requestLine(first) }
    for index in lines.indices.dropFirst() { lines[index] = redaction.line(lines[index]) }
    let servers = upstream.servers.map { server in
      "\(server.address.value)" + (server.weight == 1 ? "" : " (weight \(server.weight))")
    }
    return Explanation.UpstreamRequest(
      upstream: upstream.name.value, servers: servers, head: lines,
      additions: additions(head, plan, facts, Array(written), peer),
      removals: removals(head, rules, facts, redaction))
  }

  /// The plan as a worker completes it, but that nothing is signed here.
  private func asserted(_ plan: ForwardPlan) -> ForwardPlan {
    guard let assertion = configuration.auth.identityAssertion, let identity = plan.identity, identity.isOfToken else {
      return plan
    }
    var fields = identity.fields
    _ = fields.append(name: assertion.header, value: "(signed when the request is forwarded)")
    var plan = plan
    plan.assertedFields = fields
    return plan
  }

  /// The lines of the upstream's head that the client did not send.
  private func additions(
    _ head: borrowing RequestHead, _ plan: ForwardPlan, _ facts: RequestFieldRule.Facts, _ written: [String],
    _ peer: Peer
  ) -> [Explanation.Step] {
    let rules = plan.forwarding.requestRules
    var passed = ["host"]
    for index in 0..<head.fields.count {
      switch RequestFieldRule.disposition(ofLine: index, in: head, rules: rules, facts: facts) {
      case .kept, .filtered: passed.append(head.fields.name(at: index).text.lowercased())
      case .rewritten, .removed: break
      }
    }
    let identity = plan.identity.map { $0.fields.names } ?? []
    let certificate = peer.certificate.map { plan.forwarding.certificateFields.block(of: $0).names } ?? []
    let edits = rules.edits.added.names
    let known = Set(passed + (identity + certificate + edits).map { $0.lowercased() })
    let ours = written.compactMap { $0.split(separator: ":").first.map(String.init) }
      .filter { !known.contains($0.lowercased()) }
    let byRoute = rules.host == .upstream ? ["Host"] + edits : edits
    return [("the token", identity), ("the certificate", certificate), ("the route", byRoute), ("the gateway", ours)]
      .filter { !$0.1.isEmpty }
      .map { Explanation.Step(name: $0.0, mark: .passed, sentence: $0.1.joined(separator: ", ")) }
  }

  /// The lines of the client that are not in the upstream's head.
  private func removals(
    _ head: borrowing RequestHead, _ rules: ForwardingRules, _ facts: RequestFieldRule.Facts, _ redaction: Redaction
  ) -> [Explanation.Step] {
    var steps: [Explanation.Step] = []
    for index in 0..<head.fields.count {
      let line = redaction.line("\(head.fields.name(at: index).text): \(head.fields.value(at: index).text)")
      let sentence: String
      switch RequestFieldRule.disposition(ofLine: index, in: head, rules: rules, facts: facts) {
      case .kept, .rewritten: continue
      case .filtered: sentence = "passes without the token, if it holds one"
      case .removed(.lookalike): sentence = lookalikeSentence(head.fields.name(at: index))
      case .removed(let cause): sentence = cause.sentence
      }
      steps.append(Explanation.Step(name: VisibleText.plain(line), mark: .skipped, sentence: sentence))
    }
    if head.target.query != nil, !rules.credentials.parameters.isEmpty {
      steps.append(
        Explanation.Step(name: "query", mark: .skipped, sentence: "passes without the token, if it holds one"))
    }
    return steps
  }
}

extension FieldDisposition.Cause {
  var sentence: String {
    switch self {
    case .identity: "identity: no client may send it, in any spelling"
    case .credential: "\"forward_token\": false"
    case .edit: "the route's 'request_headers'"
    case .hopByHop: "concerns this connection alone"
    case .nominated: "Connection names it, so it concerns this connection alone"
    case .untrusted: "believed from trusted proxies only"
    case .unbelieved: "not among what is believed of trusted proxies"
    case .methodOverride: "names another method than the one that is judged"
    case .certificate: "upstreams take it for what a gateway says of a client's certificate"
    case .lookalike: "an upstream might take it for a field that is removed, or that frames the message"
    case .proxy: "programs take it for the proxy that they are to use"
    case .outOfForm: "repeated or out of form"
    case .withoutBody: "there is no body to wait for"
    case .grant: "the gateway answers browsers itself"
    case .trailer: "no trailer may hold it"
    }
  }
}
