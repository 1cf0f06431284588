import Bytes
import HTTP
import Testing

/// The lines of the head that an upstream gets for a request.
struct Forwarding {
  var rules = ForwardingRules()
  var identity: [(String, String)] = []
  var peer = Peer(address: IPAddress("192.0.2.7"), scheme: .http, trustedProxies: TrustedProxies())
  var upstream = "orders.internal:9001"
  var forwardsWebSocket = false

  static let trusted = Peer(
    address: IPAddress("10.0.0.1"), scheme: .https,
    trustedProxies: TrustedProxies(ranges: AddressRange("10.0.0.0/8").map { [$0] } ?? []))

  /// The lines for a request with these between the request line and the empty line; `Host: a` is put before them.
  func lines(_ fields: [String] = [], line: String = "GET / HTTP/1.1", host: String? = "a") throws -> [String] {
    let all = (host.map { ["Host: \($0)"] } ?? []) + fields
    let wire = ([line] + all).map { $0 + "\r\n" }.joined() + "\r\n"
    var head = RequestHead()
    let reading = Readings.request(Array(wire.utf8), into: &head)
    try #require(reading.last == "rest 0", "\(reading)")
    var block = FieldBlock()
    for (name, value) in identity {
      let isAppended = block.append(name: name, value: value)
      try #require(isAppended)
    }
    let plan = RequestHeadPlan(
      requestID: RequestID(high: 0x11, low: 0x22), forwardsWebSocket: forwardsWebSocket)
    let authority = try #require(UpstreamAuthority(upstream))
    var buffer = ByteBuffer()
    UpstreamRequestWriter.write(
      head, rules: rules, identity: block.run, authority: authority, plan: plan, peer: peer, to: &buffer)
    let text = buffer.text
    try #require(text.hasSuffix("\r\n\r\n"))
    return text.dropLast(2).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The values that the upstream gets under that name, in any case.
  func values(_ name: String, _ fields: [String], line: String = "GET / HTTP/1.1", host: String? = "a") throws
    -> [String]
  {
    try lines(fields, line: line, host: host).dropFirst()
      .filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
      .map { String($0.dropFirst(name.count + 2)) }
  }

  /// The lines that stem from the client, beside `Host`.
  func kept(_ fields: [String]) throws -> [String] {
    let ours = [
      "host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "via",
    ]
    return try lines(fields).dropFirst().filter { !ours.contains($0.lowercased().split(separator: ":")[0].description) }
  }
}

@Suite struct `The request that an upstream gets` {
  @Test func `is written anew in whole`() throws {
    let lines = try Forwarding(identity: [("X-Auth-User", "ann"), ("X-Auth-Roles", "a,b")]).lines(
      ["Accept: */*", "User-Agent:curl/8", "Content-Length: 007", "Connection: keep-alive"],
      line: "POST http://a/x/../y?z HTTP/1.1")
    #expect(
      lines == [
        "POST /y?z HTTP/1.1", "Host: a", "Accept: */*", "User-Agent: curl/8", "X-Forwarded-For: 192.0.2.7",
        "X-Forwarded-Proto: http", "X-Forwarded-Host: a", "X-Request-Id: 00000000000000110000000000000022",
        "Via: 1.1 portcullis", "X-Auth-User: ann", "X-Auth-Roles: a,b", "Content-Length: 7",
      ])
  }

  @Test(arguments: [
    "Connection: x", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "Trailer: X-Sum",
    "Upgrade: h2c", "HTTP2-Settings: AAMA", "Proxy-Authorization: Basic eDp5", "Proxy-Authenticate: Basic",
  ])
  func `holds no field of one hop`(_ field: String) throws {
    #expect(try Forwarding().kept([field, "Accept: */*"]) == ["Accept: */*"])
  }

  @Test func `holds no field that Connection names`() throws {
    let fields = ["X-A: 1", "Connection: X-a , close,  x-b", "X-B: 2", "X-C: 3", "connection: x-d", "X-D: 4"]
    #expect(try Forwarding().kept(fields) == ["X-C: 3"])
  }

  @Test func `is framed and routed whatever Connection names`() throws {
    let fields = ["Connection: Host, Content-Length, Expect", "Content-Length: 5", "Expect: 100-continue"]
    let lines = try Forwarding().lines(fields, line: "POST / HTTP/1.1")
    #expect(lines.contains("Host: a"))
    #expect(lines.contains("Content-Length: 5"))
    #expect(lines.contains("Expect: 100-continue"))
    let chunked = try Forwarding().lines(
      ["Connection: transfer-encoding", "transfer-encoding: CHUNKED"], line: "POST / HTTP/1.1")
    #expect(chunked.last == "Transfer-Encoding: chunked")
  }

  @Test func `is told to wait only if there is something to wait for`() throws {
    #expect(try Forwarding().kept(["Expect: 100-continue"]) == [])
  }

  @Test(arguments: [("HTTP/1.1", "1.1 portcullis"), ("HTTP/1.0", "1.0 portcullis")])
  func `says by which way it came`(_ version: String, _ via: String) throws {
    #expect(try Forwarding().values("Via", [], line: "GET / \(version)") == [via])
    let longer = try Forwarding().values("Via", ["Via: 1.0 a", "X: y", "Via: 1.1 b (c)"], line: "GET / \(version)")
    #expect(longer == ["1.0 a, 1.1 b (c), \(via)"])
  }

  @Test func `names the host that the client named, as it was spelt`() throws {
    #expect(try Forwarding().values("Host", [], host: "WWW.Example.com.:80") == ["WWW.Example.com.:80"])
  }

  @Test func `names the upstream if the route wants that, or the client named nothing`() throws {
    let byName = Forwarding(rules: ForwardingRules(host: .upstream))
    #expect(try byName.values("Host", []) == ["orders.internal:9001"])
    #expect(try byName.values("X-Forwarded-Host", []) == ["a"])
    #expect(try Forwarding().values("Host", [], line: "GET / HTTP/1.0", host: nil) == ["orders.internal:9001"])
    #expect(try Forwarding().values("Host", [], line: "GET http://b/ HTTP/1.0", host: nil) == ["b"])
  }

  @Test func `holds what a route sets, adds and removes`() throws {
    var edits = FieldEdits()
    edits.remove("X-Gone")
    let isDone = [edits.set("X-Set", "new"), edits.add("X-Added", "more")]
    #expect(isDone == [true, true])
    let forwarding = Forwarding(rules: ForwardingRules(edits: edits))
    let fields = ["x-gone: 1", "X-SET: old", "X-Added: first", "X-Kept: 2"]
    #expect(try forwarding.kept(fields) == ["X-Added: first", "X-Kept: 2", "X-Set: new", "X-Added: more"])
  }

  @Test func `does not get what the gateway would say and the route takes out`() throws {
    var edits = FieldEdits()
    for name in ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via", "traceparent", "X-Request-Id"] {
      edits.remove(name)
    }
    let lines = try Forwarding(rules: ForwardingRules(edits: edits)).lines(["X: y"])
    #expect(lines == ["GET / HTTP/1.1", "Host: a", "X: y"])
  }

  @Test func `holds no credential that is not to be passed on`() throws {
    var places = CredentialPlaces()
    places.fields.insert("Authorization")
    places.cookies = [Array("session".utf8)]
    places.parameters = [Array("access_token".utf8)]
    let forwarding = Forwarding(rules: ForwardingRules(credentials: places))
    let fields = ["authorization: Bearer x", "Cookie: a=1; session=x;  b=2", "cookie: session=y", "X: y"]
    let line = "GET /p?q=1&access%5Ftoken=x&access_token&r HTTP/1.1"
    let lines = try forwarding.lines(fields, line: line)
    #expect(lines.first == "GET /p?q=1&r HTTP/1.1")
    #expect(lines.contains("Cookie: a=1; b=2"))
    #expect(!lines.contains { $0.contains("session") || $0.lowercased().hasPrefix("authorization") })
    #expect(try forwarding.values("Authorization", ["AUTHORIZATION: Basic x"]) == ["Basic x"])
    #expect(try forwarding.lines([], line: "GET /p?access_token=x HTTP/1.1").first == "GET /p HTTP/1.1")
    #expect(try forwarding.lines([], line: "GET /p? HTTP/1.1").first == "GET /p? HTTP/1.1")
  }

  @Test func `has the path that the route makes of it`() throws {
    let rewrite = try TargetRewrite(stripping: "/api", adding: "/v1")
    let lines = try Forwarding(rules: ForwardingRules(rewrite: rewrite)).lines([], line: "GET /api/x?y HTTP/1.1")
    #expect(lines.first == "GET /v1/x?y HTTP/1.1")
  }

  /// The prefixes that an upstream gets from a route that strips `/api`.
  private func prefixes(_ fields: [String], peer: Peer, edits: FieldEdits = FieldEdits()) throws -> [String] {
    let rewrite = try TargetRewrite(stripping: "/api", adding: "/v1")
    let forwarding = Forwarding(rules: ForwardingRules(rewrite: rewrite, edits: edits), peer: peer)
    return try forwarding.values("X-Forwarded-Prefix", fields, line: "GET /api/x HTTP/1.1")
  }

  @Test(arguments: [
    ([], ["/api"]), (["/outer"], ["/outer/api"]), (["/outer/"], ["/outer/api"]), (["/"], ["/api"]),
    (["outer"], ["/api"]), ([""], ["/api"]), (["/a", "/b"], ["/api"]),
  ])
  func `names the prefix that was taken off, behind the one that a trusted proxy took off`(
    _ values: [String], _ prefixes: [String]
  ) throws {
    let fields = values.map { "X-Forwarded-Prefix: \($0)" }
    #expect(try self.prefixes(fields, peer: Forwarding.trusted) == prefixes)
    #expect(try self.prefixes(fields, peer: Forwarding().peer) == ["/api"])
  }

  @Test func `names no prefix where none is taken off, or the route says another`() throws {
    let field = "X-Forwarded-Prefix: /a"
    #expect(try Forwarding(peer: Forwarding.trusted).values("X-Forwarded-Prefix", [field]) == ["/a"])
    #expect(try Forwarding().values("X-Forwarded-Prefix", [field]) == [])
    let adding = ForwardingRules(rewrite: try TargetRewrite(stripping: "", adding: "/v1"))
    #expect(try Forwarding(rules: adding).values("X-Forwarded-Prefix", []) == [])
    var edits = FieldEdits()
    let isSet = edits.set("X-Forwarded-Prefix", "/mine")
    try #require(isSet)
    #expect(try prefixes([field], peer: Forwarding.trusted, edits: edits) == ["/mine"])
  }

  /// Names beside the guarded `at_x`, and whether they pass.
  static let guarded: [(name: String, isKept: Bool)] = [
    ("at_x", true), ("at.x", false), ("at[x", false), ("at%2Ex", false), ("at_x[0]", false), ("at_x[", true),
    ("AT.x", true), ("at-x", true), ("atx", true), ("at_x%00y", false), ("at.xy", true), ("session", true),
    ("at__x", true), ("at+x", false), ("at_x%5B%5D", false),
  ]

  @Test(arguments: guarded + [("at x", false)])
  func `holds no cookie that PHP would take for one with a token`(_ name: String, _ isKept: Bool) throws {
    var places = CredentialPlaces()
    places.guardedCookies = GuardedParameterNames([Array("at_x".utf8)])
    let forwarding = Forwarding(rules: ForwardingRules(credentials: places))
    let kept = try forwarding.values("Cookie", ["Cookie: a=1;  \(name)=2; b=3"])
    #expect(kept == [isKept ? "a=1;  \(name)=2; b=3" : "a=1; b=3"])
    #expect(try forwarding.values("Cookie", ["Cookie: \(name)=2"]) == (isKept ? ["\(name)=2"] : []))
  }

  @Test(arguments: guarded + [("+at_x", false), ("%20%20at_x", false), ("%61t%5Fx", true), ("%61t%2Ex", false)])
  func `holds no query parameter that PHP would take for one with a token`(_ name: String, _ isKept: Bool) throws {
    var places = CredentialPlaces()
    places.guardedParameters = GuardedParameterNames([Array("at_x".utf8)])
    let forwarding = Forwarding(rules: ForwardingRules(credentials: places))
    let written = try forwarding.lines([], line: "GET /p?a=1&\(name)=2&b HTTP/1.1").first
    #expect(written == (isKept ? "GET /p?a=1&\(name)=2&b HTTP/1.1" : "GET /p?a=1&b HTTP/1.1"))
  }

  @Test func `has a cookie or parameter with a dot where that is the token's own name`() throws {
    var places = CredentialPlaces()
    places.guardedCookies = GuardedParameterNames([Array("at.x".utf8)])
    places.guardedParameters = places.guardedCookies
    let forwarding = Forwarding(rules: ForwardingRules(credentials: places))
    let lines = try forwarding.lines(["Cookie: at.x=1; at_x=2"], line: "GET /?at_x=1&at.x=2 HTTP/1.1")
    #expect(lines.first == "GET /?at.x=2 HTTP/1.1")
    #expect(lines.contains("Cookie: at.x=1"))
  }

  @Test(arguments: ["GET", "HEAD", "DELETE", "OPTIONS"])
  func `is the last on its connection if a server may not expect its body`(_ method: String) throws {
    let line = "\(method) /x HTTP/1.1"
    for field in ["Content-Length: 1", "Transfer-Encoding: chunked"] {
      #expect(try Forwarding().values("Connection", [field], line: line) == ["close"])
      #expect(try Forwarding().values("Connection", [field, "Connection: keep-alive"], line: line) == ["close"])
    }
    #expect(try Forwarding().values("Connection", ["Content-Length: 0"], line: line) == [])
    #expect(try Forwarding().values("Connection", [], line: line) == [])
  }

  @Test(arguments: ["POST", "PUT", "PATCH", "PROPFIND"])
  func `is one among others if a server expects its body`(_ method: String) throws {
    for field in ["Content-Length: 1", "Transfer-Encoding: chunked", "Content-Length: 0"] {
      #expect(try Forwarding().values("Connection", [field], line: "\(method) /x HTTP/1.1") == [])
    }
  }

  @Test func `is the last on its connection if none is kept, but for a WebSocket`() throws {
    var forwarding = Forwarding(rules: ForwardingRules(closesConnections: true), forwardsWebSocket: true)
    #expect(try forwarding.values("Connection", []) == ["close"])
    #expect(try forwarding.values("Connection", ["Content-Length: 1"], line: "POST / HTTP/1.1") == ["close"])
    let handshake = [
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
    ]
    #expect(try forwarding.values("Connection", handshake) == ["Upgrade"])
    forwarding.forwardsWebSocket = false
    #expect(try forwarding.values("Connection", handshake) == ["close"])
  }

  @Test func `holds no field that Connection names, however long and alike the names are`() throws {
    let name = String(repeating: "n", count: 300)
    let named = (0..<31).map { "\(name)\($0)" }
    let fields = ["connection: \(named.joined(separator: ",,, ,").uppercased()),"] + named.map { "\($0): 1" }
    #expect(try Forwarding().kept(fields + ["\(name)31: 1", "\(name): 2"]) == ["\(name)31: 1", "\(name): 2"])
  }

  @Test func `is a WebSocket handshake only if that is planned`() throws {
    let fields = [
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
    ]
    #expect(try Forwarding().values("Upgrade", fields) == [])
    let planned = Forwarding(forwardsWebSocket: true)
    #expect(try planned.values("Upgrade", fields) == ["websocket"])
    #expect(try planned.values("Connection", fields) == ["Upgrade"])
    #expect(try planned.values("Upgrade", Array(fields.dropLast())) == [])
  }
}
