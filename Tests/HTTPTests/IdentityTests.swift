import Bytes
import HTTP
import Testing

/// The numbers are those of published failures.
@Suite struct `Identity fields` {
  private let names = IdentityFieldNames(["X-Auth-User", "X-Auth-Roles"])
  private var rules: ForwardingRules { ForwardingRules(identityNames: names) }

  @Test func `52: Connection does not name the gateway's own fields away`() throws {
    let forwarding = Forwarding(rules: rules, identity: [("X-Auth-User", "ann")])
    let fields = ["Connection: X-Auth-User, X-Forwarded-For, X-Forwarded-Host, X-Request-Id", "X-Auth-User: root"]
    #expect(try forwarding.values("X-Auth-User", fields) == ["ann"])
    #expect(try forwarding.values("X-Forwarded-For", fields) == ["192.0.2.7"])
    #expect(try forwarding.values("X-Forwarded-Host", fields) == ["a"])
    #expect(try forwarding.values("X-Request-Id", fields).count == 1)
  }

  @Test func `52: Connection does not name away what a trusted proxy said`() throws {
    let forwarding = Forwarding(rules: rules, peer: Forwarding.trusted)
    let fields = ["Connection: X-Forwarded-Proto, X-Real-IP", "X-Forwarded-Proto: http", "X-Real-IP: 198.51.100.1"]
    #expect(try forwarding.values("X-Forwarded-Proto", fields) == ["http"])
    #expect(try forwarding.values("X-Real-IP", fields) == ["198.51.100.1"])
  }

  @Test func `53: a client's is removed though there is none to put in its place`() throws {
    #expect(try Forwarding(rules: rules).kept(["X-Auth-User: root", "X-Auth-Roles: admin", "X: y"]) == ["X: y"])
  }

  @Test func `53: a trusted proxy's is removed as well`() throws {
    let forwarding = Forwarding(rules: rules, peer: Forwarding.trusted)
    #expect(try forwarding.values("X-Auth-User", ["X-Auth-User: root"]) == [])
  }

  @Test(arguments: [
    "X-Auth-User", "x-auth-user", "X_Auth_User", "X-Auth.User", "x.auth_user", "X~Auth-User", "X-Auth!User",
    "X'Auth*User",
  ])
  func `54: no spelling of one passes`(_ name: String) throws {
    #expect(try Forwarding(rules: rules).kept(["\(name): root", "X: y"]) == ["X: y"])
    let isCovered = names.covers(name)
    #expect(isCovered)
  }

  @Test(arguments: ["X-AuthUser", "X-Auth-Users", "XX-Auth-User", "X_Custom", "my.field", "X-Auth-Use1"])
  func `54: other names pass, with all their signs`(_ name: String) throws {
    #expect(try Forwarding(rules: rules).kept(["\(name): 1"]) == ["\(name): 1"])
  }

  @Test(arguments: [
    "X-Forwarded-Prefix: /a", "X-Forwarded-Uri: /admin", "X-Forwarded-User: root", "X-Forwarded-Port: 1",
    "Forwarded: for=1.2.3.4", "X-Real-IP: 1.2.3.4", "X-Original-URL: /admin", "X-Rewrite-URL: /admin",
    "X_Forwarded_Prefix: /a", "x.original.url: /admin",
  ])
  func `55: strangers do not say by which way a request came`(_ field: String) throws {
    #expect(try Forwarding().kept([field, "X: y"]) == ["X: y"])
  }

  @Test(arguments: ["X-Forwarded-Prefix: /a", "Forwarded: for=1.2.3.4", "X-Real-IP: 1.2.3.4", "X-Original-URL: /b"])
  func `55: trusted proxies do`(_ field: String) throws {
    #expect(try Forwarding(peer: Forwarding.trusted).kept([field]) == [field])
  }

  @Test func `35: no value begins a line of its own`() {
    var block = FieldBlock()
    let refused = ["a\r\nX-Admin: 1", "a\n", "a\rb", "a\u{0}b", " a", "a ", "\u{7F}"]
    for value in refused {
      let isAppended = block.append(name: "X", value: value)
      #expect(!isAppended)
    }
    for name in ["", "X:", "X Y", "X\r\nY", "é"] {
      let isAppended = block.append(name: name, value: "1")
      #expect(!isAppended)
    }
    #expect(block.isEmpty)
    let isAppended = block.append(name: "X-Name", value: "é, b")
    #expect(isAppended)
    #expect(block.text == "X-Name: é, b\r\n")
  }

  @Test(arguments: ["", "a b", "a\r\nX: y", "a/b", "a:", "u@a"])
  func `35: no upstream's name is anything but an authority`(_ text: String) {
    #expect(UpstreamAuthority(text) == nil)
  }
}

@Suite struct `What is said of the way of a request` {
  private let trusted = Forwarding.trusted

  @Test func `a stranger's list of addresses is replaced`() throws {
    #expect(try Forwarding().values("X-Forwarded-For", ["X-Forwarded-For: 1.2.3.4"]) == ["192.0.2.7"])
    #expect(try Forwarding().values("X-Forwarded-Proto", ["X-Forwarded-Proto: https"]) == ["http"])
    #expect(try Forwarding().values("X-Forwarded-Host", ["X-Forwarded-Host: b"]) == ["a"])
  }

  @Test func `a trusted proxy's list goes on`() throws {
    let fields = [
      "X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 10.0.0.9", "X-Forwarded-Proto: http", "X-Forwarded-Host: b",
    ]
    let forwarding = Forwarding(peer: trusted)
    #expect(try forwarding.values("X-Forwarded-For", fields) == ["1.2.3.4, 10.0.0.9, 10.0.0.1"])
    #expect(try forwarding.values("X-Forwarded-Proto", fields) == ["http"])
    #expect(try forwarding.values("X-Forwarded-Host", fields) == ["b"])
    #expect(try forwarding.values("X-Forwarded-Proto", []) == ["https"])
  }

  @Test func `a stranger's request id is replaced, a trusted one's kept if it is fit for a log`() throws {
    let id = "00000000000000110000000000000022"
    #expect(try Forwarding().values("X-Request-Id", ["X-Request-Id: mine"]) == [id])
    let forwarding = Forwarding(peer: trusted)
    #expect(try forwarding.values("X-Request-Id", ["x-request-id: mine"]) == ["mine"])
    #expect(try forwarding.values("X-Request-Id", ["X-Request-Id: two words"]) == [id])
    #expect(try forwarding.values("X-Request-Id", ["X-Request-Id: a", "X-Request-Id: b"]) == [id])
    #expect(try forwarding.values("X-Request-Id", ["X_Request_Id: a"]) == [id])
  }

  @Test func `a trace goes on if it is in form, else another begins`() throws {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let new = "00-00000000000000330000000000000044-0000000000000055-00"
    let state = "tracestate: a=1"
    #expect(try Forwarding().values("traceparent", ["traceparent: \(trace)", state]) == [trace])
    #expect(try Forwarding().values("tracestate", ["traceparent: \(trace)", state]) == ["a=1"])
    #expect(try Forwarding().values("traceparent", ["traceparent: nonsense", state]) == [new])
    #expect(try Forwarding().values("tracestate", ["traceparent: nonsense", state]) == [])
    #expect(try Forwarding().values("traceparent", ["traceparent: \(trace)", "traceparent: \(trace)"]) == [new])
  }

  @Test(arguments: [
    ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
    ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", true),
    ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
    ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
    ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x", false),
    ("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
    ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
    ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
    ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false), ("", false),
  ])
  func `a trace is in form as the standard says`(_ value: String, _ isFine: Bool) {
    let isWellFormed = TraceParent.isWellFormed(Array(value.utf8).span)
    #expect(isWellFormed == isFine)
  }

  @Test(arguments: [
    ([], "10.0.0.1"), (["1.2.3.4"], "1.2.3.4"), (["6.6.6.6, 1.2.3.4"], "1.2.3.4"), (["1.2.3.4, 10.0.0.9"], "1.2.3.4"),
    (["6.6.6.6", "1.2.3.4", "10.0.0.9,10.0.0.8"], "1.2.3.4"), (["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
    (["1.2.3.4:5678"], "1.2.3.4"), (["[2001:db8::1]:80, 10.0.0.2"], "2001:db8::1"), (["2001:db8::1"], "2001:db8::1"),
    (["6.6.6.6, unknown, 10.0.0.9"], "10.0.0.9"), (["6.6.6.6,"], "10.0.0.1"), (["nonsense"], "10.0.0.1"),
    ([""], "10.0.0.1"),
  ])
  func `the client is the rightmost address that is not trusted`(_ lists: [String], _ expected: String) throws {
    let proxies = TrustedProxies(ranges: [try #require(AddressRange("10.0.0.0/8"))])
    let wire = "GET / HTTP/1.0\r\n" + lists.map { "X-Forwarded-For: \($0)\r\n" }.joined() + "\r\n"
    var head = RequestHead()
    _ = Readings.request(Array(wire.utf8), into: &head)
    #expect(proxies.clientAddress(of: head, from: trusted)?.description == expected)
    let stranger = Peer(address: IPAddress("192.0.2.7"), scheme: .http, trustedProxies: proxies)
    #expect(proxies.clientAddress(of: head, from: stranger)?.description == "192.0.2.7")
  }

  @Test func `a socket in the file system is trusted if that is said`() {
    let silent = Peer(address: nil, scheme: .http, trustedProxies: TrustedProxies())
    let said = Peer(address: nil, scheme: .http, trustedProxies: TrustedProxies(includesLocalSockets: true))
    #expect(!silent.isTrusted)
    #expect(said.isTrusted)
    #expect(silent.addressText == Array("unknown".utf8))
  }
}
