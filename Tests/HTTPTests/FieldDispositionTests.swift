import Bytes
import HTTP
import TestSupport
import Testing

/// The report about a client's lines, held against what the writer makes of them.
@Suite("The fate of a field") struct FieldDispositionTests {
  /// Lines whose values are nobody else's, so that the written head shows whether they passed.
  static let lines = [
    "X-A: 1a", "X-Auth-User: root", "x_auth.user: root2", "Authorization: Bearer x.y.z", "Cookie: a=17",
    "Authorization: Basic 24a", "X-Gone: 2a",
    "X-Set: 3a", "X-Hop: 4a", "Keep-Alive: 5a", "TE: trailers", "Upgrade: h2c", "Proxy-Authorization: 6a",
    "Trailer: 7a", "X-Forwarded-For: 192.0.2.1", "X_Forwarded_For: 8a", "X-Forwarded-Proto: 9a", "Forwarded: for=10a",
    "X-Real-IP: 192.0.2.2", "X-Original-URL: /11a", "X-Rewrite-URL: /12a", "X-Forwarded-Port: 1313",
    "X-Forwarded-Prefix: /13b", "X-Forwarded-User: 13c", "X-HTTP-Method-Override: PUT13d", "X_Http_Method: PUT13e",
    "X-Request-Id: 14a", "X-Request-Id: \"15a\"", "X_Request_Id: 15b", "tracestate: 16a=1",
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "traceparent: 18a", "Expect: 100-continue",
    "Proxy: 22a", "Content_Length: 23a", "Content-Length: 77", "Sec-WebSocket-Protocol: chat19", "User-Agent:  20a ",
    "Via: 1.0 21a",
  ]

  /// A value that the field may have, which no other has.
  private static func value(of name: String) -> String {
    switch name.lowercased() {
    case "host": "a"
    case "content-length": "77"
    case "transfer-encoding": "chunked"
    case "expect": "100-continue"
    case "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    case "access-control-request-method": "PUT"
    default: "value-of-its-own"
    }
  }

  @Test(arguments: KnownFieldTests.names.map(\.0) + ["X-Set", "X-Gone", "X_Auth_User", "X-Hop", "Accept", "Link"])
  func `is the same for the rule and the writer, whatever the name`(name: String) throws {
    var edits = FieldEdits()
    edits.remove("x-gone")
    let isSet = edits.set("X-Set", "new")
    try #require(isSet)
    let rules = ForwardingRules(
      rewrite: try TargetRewrite(stripping: "/a", adding: ""), edits: edits,
      identityNames: IdentityFieldNames(["X-Auth-User"]))
    let line = "\(name): \(Self.value(of: name))"
    for peer in [Forwarding().peer, Forwarding.trusted] {
      let host = name == "Host" ? [] : ["Host: a"]
      let wire = (["POST /a HTTP/1.1", line] + host + ["Connection: X-Hop", "", ""]).joined(separator: "\r\n")
      var head = RequestHead()
      try #require(Readings.request(Array(wire.utf8), into: &head).last == "rest 0", "\(wire)")
      let plan = RequestHeadPlan(requestID: RequestID(high: 0x11, low: 0x22))
      var buffer = ByteBuffer()
      UpstreamRequestWriter.write(
        head, rules: rules, identity: FieldRun(), authority: .localhost, plan: plan, peer: peer, to: &buffer)
      let isWritten = buffer.text.split(separator: "\r\n").contains { $0 == line }
      let facts = RequestFieldRule.Facts(head, plan: plan, peer: peer)
      switch RequestFieldRule.disposition(ofLine: 0, in: head, rules: rules, facts: facts) {
      case .kept: #expect(isWritten)
      case .removed: #expect(!isWritten)
      case .rewritten, .filtered: #expect(buffer.text.lowercased().contains("\r\n\(name.lowercased()): "))
      }
    }
  }

  @Test(arguments: KnownFieldTests.names.map(\.0) + ["X-Set", "X-Gone", "X-Hop", "Accept", "Link"])
  func `of a response is the same for the rule and the writer`(name: String) throws {
    var edits = FieldEdits()
    edits.remove("X-Gone")
    let isSet = edits.set("X-Set", "new")
    try #require(isSet)
    let line = "\(name): \(Self.value(of: name))"
    let wire = ["HTTP/1.1 200 OK", line, "Connection: X-Hop, Date", "", ""].joined(separator: "\r\n")
    var head = ResponseHead()
    try #require(Readings.response(Array(wire.utf8), into: &head).last == "rest 0", "\(wire)")
    for (replacesCORS, security) in [(false, nil), (true, nil), (false, "max-age=9")] {
      let rules = ResponseRules(edits: edits, replacesCORS: replacesCORS)
      var buffer = ByteBuffer()
      _ = DownstreamResponseWriter.write(
        head, rules: rules, grant: FieldBlock(),
        plan: ResponseHeadPlan(
          clientVersion: .http11, keepsAlive: true, transportSecurity: Relaying.security(security)), date: Span(),
        to: &buffer)
      let replaced: KnownFieldSet = security == nil ? [] : .transportSecurity
      let isWritten = buffer.text.split(separator: "\r\n").contains { $0 == line }
      switch ResponseFieldRule.disposition(ofLine: 0, in: head, rules: rules, replacing: replaced) {
      case .kept: #expect(isWritten)
      case .removed: #expect(!isWritten)
      case .rewritten, .filtered: #expect(buffer.text.lowercased().contains("\r\n\(name.lowercased()): "))
      }
    }
  }

  @Test(arguments: 0..<400)
  func `is what the writer makes of the line`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var edits = FieldEdits()
    edits.remove("x-gone")
    let isSet = edits.set("X-Set", "new")
    try #require(isSet)
    var places = CredentialPlaces()
    if Bool.random(using: &random) { places.fields.insert("Authorization") }
    let rules = ForwardingRules(
      edits: edits, identityNames: IdentityFieldNames(["X-Auth-User"]), credentials: places)
    let peer = Bool.random(using: &random) ? Forwarding.trusted : Forwarding().peer
    let plan = RequestHeadPlan(
      requestID: RequestID(high: 0x11, low: 0x22))

    var chosen = Self.lines.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }.shuffled(using: &random)
    // A request with two of these is refused.
    let authorizations = chosen.filter { $0.hasPrefix("Authorization:") }
    chosen.removeAll { authorizations.dropFirst().contains($0) }
    if Bool.random(using: &random) { chosen.append("Connection: X-Hop, X-A, User-Agent, X-Forwarded-Proto, expect") }
    let wire = (["POST / HTTP/1.1", "Host: a"] + chosen + ["", ""]).joined(separator: "\r\n")
    var head = RequestHead()
    try #require(Readings.request(Array(wire.utf8), into: &head).last == "rest 0", "\(wire)")
    var buffer = ByteBuffer()
    UpstreamRequestWriter.write(
      head, rules: rules, identity: FieldRun(), authority: .localhost, plan: plan, peer: peer, to: &buffer)
    let written = buffer.text.split(separator: "\r\n").map(String.init)

    let facts = RequestFieldRule.Facts(head, plan: plan, peer: peer)
    for index in 0..<head.fields.count {
      let line = "\(head.fields.name(at: index).text): \(head.fields.value(at: index).text)"
      switch RequestFieldRule.disposition(ofLine: index, in: head, rules: rules, facts: facts) {
      case .kept: #expect(written.contains(line), "\(line)")
      case .removed(let cause): #expect(!written.contains(line), "\(line): \(cause)")
      case .rewritten:
        #expect(
          ["host", "content-length", "via", "x-forwarded-for"].contains(head.fields.name(at: index).text.lowercased()))
      case .filtered: Issue.record("nothing is filtered here: \(line)")
      }
    }
  }

  @Test(arguments: [
    ("X_Auth_User: r", FieldDisposition.removed(.identity)), ("Authorization: x", .removed(.credential)),
    ("authorization: Bearer x", .removed(.credential)), ("Authorization: Basic x", .kept),
    ("X-Gone: 1", .removed(.edit)), ("Keep-Alive: 1", .removed(.hopByHop)), ("X-Hop: 1", .removed(.nominated)),
    ("X-HTTP-Method: PUT", .removed(.methodOverride)), ("X-Method.Override: PUT", .removed(.lookalike)),
    ("Client-Cert: :MQ==:", .removed(.certificate)), ("client-cert-chain: :MQ==:", .removed(.certificate)),
    ("Client_Cert: 1", .removed(.lookalike)), ("CLIENT.CERT-CHAIN: 1", .removed(.lookalike)),
    ("Client-Certs: 1", .kept), ("X-Client-Cert: 1", .kept),
    ("X-Real-IP: 1", .removed(.untrusted)), ("X-Request-Id: 1", .removed(.untrusted)),
    ("X_Real_IP: 1", .removed(.lookalike)), ("Content_Length: 1", .removed(.lookalike)), ("Proxy: 1", .removed(.proxy)),
    ("traceparent: 1", .removed(.outOfForm)),
    ("Expect: 100-continue", .removed(.withoutBody)), ("Cookie: a", .kept), ("Cookie: a; t=1", .filtered),
    ("Cookie: t.x=1", .filtered), ("Cookie: t_x=1", .kept),
    ("Sec-WebSocket-Protocol: a", .filtered), ("Via: 1.1 a", .rewritten), ("Host: a", .rewritten),
    ("Accept: a", .kept),
  ])
  func `has the cause that applies`(line: String, fate: FieldDisposition) throws {
    var edits = FieldEdits()
    edits.remove("X-Gone")
    var places = CredentialPlaces()
    places.fields.insert("Authorization")
    places.cookies = [Array("t".utf8)]
    places.guardedCookies = GuardedParameterNames([Array("t_x".utf8)])
    places.webSocketProtocols = [Array("bearer".utf8)]
    let rules = ForwardingRules(
      edits: edits, identityNames: IdentityFieldNames(["X-Auth-User"]), credentials: places)
    let plan = RequestHeadPlan(
      requestID: RequestID(high: 1, low: 2))
    let host = line.hasPrefix("Host") ? [] : ["Host: a"]
    let wire = (["GET / HTTP/1.1", line] + host + ["Connection: X-Hop", "", ""]).joined(separator: "\r\n")
    var head = RequestHead()
    try #require(Readings.request(Array(wire.utf8), into: &head).last == "rest 0")
    let found = RequestFieldRule.disposition(
      ofLine: 0, in: head, rules: rules,
      facts: RequestFieldRule.Facts(head, plan: plan, peer: Forwarding().peer))
    #expect(found == fate)
  }

  @Test(arguments: [
    ("X-Forwarded-For: 1.2.3.4", FieldDisposition.rewritten), ("X-Forwarded-Proto: https", .kept),
    ("X-Forwarded-Host: a", .kept), ("X-Forwarded-Port: 1", .kept), ("Forwarded: for=1.2.3.4", .kept),
    ("X-Forwarded-Prefix: /a", .rewritten), ("X-Forwarded-User: a", .removed(.unbelieved)),
    ("X-Real-IP: 1", .removed(.unbelieved)), ("X-Original-URL: /", .removed(.unbelieved)),
    ("X-Rewrite-URL: /", .removed(.unbelieved)), ("X-HTTP-Method-Override: PUT", .removed(.methodOverride)),
    ("X_Forwarded_For: 1", .removed(.lookalike)), ("X-Request-Id: a", .kept),
    ("Client-Cert: :MQ==:", .removed(.certificate)), ("Client-Cert_Chain: 1", .removed(.lookalike)),
  ])
  func `of a trusted proxy depends on what is believed`(line: String, fate: FieldDisposition) throws {
    let rules = ForwardingRules(rewrite: try TargetRewrite(stripping: "/a", adding: ""))
    let plan = RequestHeadPlan(requestID: RequestID(high: 1, low: 2))
    var head = RequestHead()
    let wire = "GET /a HTTP/1.1\r\n\(line)\r\nHost: a\r\n\r\n"
    try #require(Readings.request(Array(wire.utf8), into: &head).last == "rest 0")
    let found = RequestFieldRule.disposition(
      ofLine: 0, in: head, rules: rules,
      facts: RequestFieldRule.Facts(head, plan: plan, peer: Forwarding.trusted))
    #expect(found == fate)
  }
}
