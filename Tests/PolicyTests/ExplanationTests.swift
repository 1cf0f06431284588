import Bytes
import Configuration
import HTTP
import JSON
import Policy
import TestSupport
import Testing
import Tokens

/// The explanation of a request, held against the decision about it.
@Suite struct ExplanationTests {
  static let routes = #"""
    { "path": "/", "upstream": "u" },
    { "exact": "/open", "upstream": "u", "auth": "none", "request_headers": { "set": { "X-Env": "p" }, "remove": ["X-Debug"] } },
    { "path": "/roles", "upstream": "u",
      "require": { "roles": ["a"], "any_role": ["b", "c"], "scope": ["s"], "claims": { "tenant": ["x", 1] } } },
    { "path": "/roles", "methods": ["GET"], "headers": { "X-V": "2" }, "upstream": "u", "require": { "issuer": "https://other.example.com/" } },
    { "path": "/report", "upstream": "u", "auth": "report", "require": { "roles": ["a"] } },
    { "path": "/optional", "upstream": "u", "auth": "optional", "max_body": "10B" },
    { "path": "/inner", "upstream": "u", "allow_addresses": ["10.0.0.0/8"], "deny_addresses": ["10.9.0.0/16"] },
    { "path": "/api", "host": "*.example.com", "upstream": "u", "strip_prefix": "/api", "add_prefix": "/v1", "host_header": "upstream" },
    { "path": "/slash", "upstream": "u", "auth": "none", "encoded_slashes": "allow" },
    { "path": "/post", "methods": ["POST"], "host": "post.example.org", "upstream": "u", "cors": false },
    { "path": "/fixed", "auth": "none", "respond": { "status": 201, "body": "a\nb" } }
    """#
  static let auth = #"""
    "token_from": [{ "header": "Authorization" }, { "cookie": "at" }, { "query": "t" }, { "websocket_protocol": "bearer" }],
    """#
  static let top = #"""
    "trusted_proxies": ["10.0.0.0/8"], "cors": { "origins": ["https://app.example.com"] },
    """#

  static func gateway() throws -> Gateway { try Gateway(routes, auth: auth, top: top) }

  /// Words of requests that exercise every rule; tokens are good for different things.
  struct Words {
    let targets = [
      "/", "/open", "/open/", "/roles", "/roles/x?y=1", "/report", "/optional", "/inner", "/api/x", "/api", "/post/x",
      "/fixed",
      "/nowhere/..", "/%6fpen", "//open", "/a%2Fb", "/slash/a%2fb", "/open;x", "/roles;x/y", "/../x", "/a%00", "/a\\b",
      "/fixed?t=<A>", "/?t=<B>", "/?t=", "http://example.com/open", "*", "/api/%2e%2e/open", "/x#y", "/<", "/post",
    ]
    let fields = [
      "Authorization: Bearer <A>", "Authorization: Bearer <B>", "Authorization: Bearer <R>", "Authorization: Basic x",
      "Authorization: Bearer",
      "Authorization: Bearer <E>", "Authorization: Bearer a.b.c", "Authorization: Bearer <O>", "Cookie: at=<A>",
      "Cookie: at=<R>; x=y", "X-V: 2", "X-Auth-User: root", "X_Auth_Roles: a", "X-Debug: 1",
      "Origin: https://app.example.com",
      "Origin: http://example.com", "Origin: https://evil.example", "Sec-Fetch-Site: same-origin", "Content-Length: 5",
      "Content-Length: 50", "Transfer-Encoding: chunked", "X-Forwarded-For: 198.51.100.7", "X-Forwarded-For: 10.9.1.1",
      "Access-Control-Request-Method: GET", "Access-Control-Request-Method: POST", "Expect: 100-continue",
      "Connection: X-V",
      "Host: a.example.com", "Host: post.example.org", "Upgrade: websocket",
    ]
    let handshake = [
      "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: bearer, <A>, chat",
    ]
    let methods = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "CONNECT"]
    let addresses: [String?] = ["203.0.113.9", "10.1.2.3", "10.9.0.1", "::1", nil]
    let tokens: [(String, String)]

    init() throws {
      tokens = [
        ("<A>", try Gateway.token()), ("<B>", try Gateway.token(["sub": .string("bob")])),
        (
          "<R>",
          try Gateway.token([
            "roles": .array([.string("a"), .string("b")]), "scope": .string("r s"), "tenant": .string("x"),
          ])
        ),
        ("<E>", try Gateway.token(["exp": .number(JSONNumber(1))])),
        ("<O>", try Gateway.token(["iss": .string(Gateway.otherIssuer)])),
      ]
    }

    func request(_ random: inout SplitMix64) -> (line: String, fields: [String], address: String?) {
      var fields = (0..<Int.random(in: 0...4, using: &random)).compactMap { _ in
        self.fields.randomElement(using: &random)
      }
      if Int.random(in: 0..<6, using: &random) == 0 { fields += handshake }
      let line =
        "\(methods[min(Int.random(in: 0..<9, using: &random), 5) % 6]) \(targets.randomElement(using: &random) ?? "/")"
      return (filled(line), fields.map(filled), addresses.randomElement(using: &random) ?? nil)
    }

    private func filled(_ text: String) -> String {
      tokens.reduce(text) { text, token in text.replacing(token.0, with: token.1) }
    }
  }

  @Test(arguments: 0..<40)
  func `random requests: what is told is what is decided`(seed: UInt64) throws {
    let gateway = try Self.gateway()
    let words = try Words()
    var random = SplitMix64(seed: seed)
    for _ in 0..<150 {
      let (line, fields, address) = words.request(&random)
      let explanation = gateway.explain(line, fields, from: address)
      let told = "\(line) \(fields): \(explanation.sections)"
      #expect(explanation.firstFailure == explanation.decision.reason, "\(told)")
      // No token stands in it whole.
      let text = Self.text(of: explanation)
      #expect(!words.tokens.contains { text.contains($0.1) }, "\(text)")

      guard let head = try? requestHead(line, fields) else {
        #expect(explanation.decision.isRefused)
        continue
      }
      let peer = gateway.peer(address)
      let decision = gateway.policy.decide(
        head, peer: peer, now: Gateway.now, authenticator: gateway.authenticator, revocations: .none
      ).decision
      #expect(explanation.decision.summary == decision.summary)
      #expect(Self.routes(taken: explanation) == (decision.route == nil ? 0 : 1), "\(told)")
      switch (decision, explanation.outcome) {
      case (.forward, .forwarded(let request)):
        let sent = try #require(try gateway.forwarded(line, fields, peer: peer))
        let lines = sent.split(separator: "\r\n").map(String.init)
        let told = Self.withoutSecrets(request.head).joined(separator: "\n")
        // Every server has a name of its own where the route asks for it.
        let expected = Self.withoutSecrets(lines).joined(separator: "\n")
          .replacing("Host: localhost\n", with: "Host: 127.0.0.1:9001\n")
        #expect(told == expected)
      case (.reject(let rejection), .answered(let head, let body)):
        #expect(head.first?.hasPrefix("HTTP/1.1 \(rejection.status) ") == true)
        #expect(line.hasPrefix("HEAD") == body.isEmpty)
        if let text = body.first { #expect(text.contains("\"reason\":\"\(rejection.reason.word)\"")) }
        for line in rejection.fields.text.split(separator: "\r\n") { #expect(head.contains(String(line))) }
      case (.answer(.fixed(let answer)), .answered(let head, _)):
        #expect(head.first?.hasPrefix("HTTP/1.1 \(answer.status) ") == true)
      case (.answer(.hosted), .hosted): break
      case (.forward, _), (.reject, _), (.answer, _): Issue.record("another outcome than \(decision.summary)")
      }
    }
  }

  static func text(of explanation: Explanation) -> String {
    var lines = explanation.sections.flatMap { $0.steps.map { "\($0.name) \($0.sentence)" } }
    switch explanation.outcome {
    case .forwarded(let request): lines += request.head + (request.additions + request.removals).map { "\($0)" }
    case .answered(let head, let body): lines += head + body
    case .hosted: break
    }
    return lines.joined(separator: "\n")
  }

  /// The number of routes that are said to take the request.
  static func routes(taken explanation: Explanation) -> Int {
    let section = explanation.sections.first { $0.title == "Route" }
    return section?.steps.filter { $0.mark == .passed && $0.name.contains("/") }.count ?? 0
  }

  /// The lines but for those whose values are told shortened.
  static func withoutSecrets(_ lines: [String]) -> [String] {
    lines.map { line in
      let name = line.prefix { $0 != ":" && $0 != "?" }
      return ["Authorization", "Cookie"].contains(name) || line.contains("?t=") ? String(name) : line
    }
  }

  // MARK: Sentences

  /// The sentence about a request, by section and name.
  func sentence(_ name: String, _ line: String, _ fields: [String] = [], from address: String? = "203.0.113.9") throws
    -> String?
  {
    let explanation = try Self.gateway().explain(line, fields, from: address)
    return explanation.sections.flatMap(\.steps).first { $0.name == name }?.sentence
  }

  @Test(arguments: [
    ("/open", #""/open", as it was sent"#), ("//open", #""/open": slashes merged"#),
    ("/a/../open", #""/open": dot segments resolved"#),
    ("/%6fpen", #""/open": escapes of ordinary characters decoded"#),
    ("/x%c3%a9", #""/x%C3%A9": escapes in capitals"#),
    ("/a|b", #""/a%7Cb": characters escaped that a path can't hold"#),
    ("/a/%2e/b//c", #""/a/b/c": escapes of ordinary characters decoded, dot segments resolved, slashes merged"#),
    ("/a/..", #""/": dot segments resolved"#), ("/open?a//b", #""/open", as it was sent"#),
    ("/a%2fb", #""/a%2Fb": escapes in capitals"#),
  ])
  func `what making a path canonical has changed`(target: String, sentence: String) throws {
    #expect(try self.sentence("path", "GET \(target)") == sentence)
  }

  @Test(arguments: [
    ("path", "GET /../x", "The path climbs above the root."), ("head", "CONNECT a:1", "CONNECT is not served here."),
    ("path", "GET /a%zz", "The path holds a malformed escape."),
    ("encoded slash", "GET /a%2Fb", "the path holds %2F, and the route doesn't say \"encoded_slashes\": \"allow\""),
    (
      "parameters", "GET /open;x",
      "without what follows ';' the path is \"/open\", which takes another way; servers disagree which is meant"
    ),
    ("/roles", "GET /open", "is for /roles and what lies below it (gateway.json:8:1)"),
    ("/open", "GET /x", "is for the path /open alone (gateway.json:7:1)"),
    ("*.example.com/api", "GET /api", "is for hosts under example.com (gateway.json:14:1)"),
    ("/", "GET /open", "would take it, but its path is less specific (gateway.json:6:14)"),
    ("post.example.org/post", "GET /post", "is for the host post.example.org (gateway.json:16:1)"),
    ("client", "GET /open", "203.0.113.9"), ("Authorization", "GET /", "nothing"),
    ("auth", "GET /open", "none: tokens are not looked at"),
    ("auth", "GET /optional", "optional: without a token the request is anonymous, a bad one is refused"),
  ])
  func `what is told of a request without fields`(name: String, line: String, sentence: String) throws {
    #expect(try self.sentence(name, line) == sentence)
  }

  @Test func `what is told of fields`() throws {
    #expect(
      try sentence("post.example.org/post", "GET /post", ["Host: post.example.org"])
        == "takes POST only (gateway.json:16:1)")
    let rolesBehind = try Self.gateway().explain("GET /roles", ["X-V: 2"]).sections.flatMap(\.steps)
      .filter { $0.name == "/roles" }.map(\.sentence)
    #expect(
      rolesBehind == [
        "takes it (gateway.json:10:1)", "would take it, but names no methods (gateway.json:8:1)",
      ])
    let without = try Self.gateway().explain("GET /roles").sections.flatMap(\.steps)
      .filter { $0.name == "/roles" }.map(\.sentence)
    #expect(
      without == [
        "takes it (gateway.json:8:1)", #"wants the header "X-V: 2" (gateway.json:10:1)"#,
      ])
    let forwarded = ["X-Forwarded-For: 198.51.100.7"]
    #expect(
      try sentence("client", "GET /open", forwarded)
        == "203.0.113.9; no trusted proxy, so its X-Forwarded-For is not believed")
    #expect(
      try sentence("client", "GET /open", forwarded, from: "10.0.0.1")
        == "198.51.100.7, as 10.0.0.1, a trusted proxy, says in X-Forwarded-For")
    let token = try Gateway.token(["roles": .string("a")])
    #expect(
      try sentence("any_role", "GET /roles", ["Authorization: Bearer \(token)"])
        == #"one of "b", "c"; the token has "a""#)
    #expect(
      try sentence("claim", "GET /roles", ["Authorization: Bearer \(token)"])
        == #""tenant" must be "x" or 1; the token has nothing there"#)
    #expect(
      try sentence("length", "POST /optional", ["Content-Length: 11"])
        == "11 bytes; the route takes bodies of at most 10 bytes")
  }

  @Test func `every line that is changed on its way is told of`() throws {
    let fields = [
      "X-Auth-User: root", "X-Debug: 1", "Connection: X-Hop", "X-Hop: 1", "X-Real-IP: 1.2.3.4", "Accept: */*",
    ]
    guard case .forwarded(let request) = try Self.gateway().explain("GET /open", fields).outcome else {
      Issue.record("not forwarded")
      return
    }
    #expect(request.upstream == "u")
    #expect(request.servers == ["127.0.0.1:9001"])
    #expect(request.removals.map(\.name) == fields.dropLast())
    #expect(
      request.additions.map { "\($0.name): \($0.sentence)" } == [
        "the route: X-Env",
        "the gateway: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Request-Id, Via",
      ])
  }

  @Test func `what comes from the request moves no cursor`() throws {
    let explanation = try Self.gateway().explain("GET /open?\u{9B}2J", ["X-Auth-User: \u{9B}31m\u{202E}"])
    let text = Self.text(of: explanation)
    #expect(!text.unicodeScalars.contains { $0.value == 0x9B || $0.value == 0x202E }, "\(text)")
  }
}
