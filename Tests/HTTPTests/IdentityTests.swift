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
    let fields = ["Connection: X-Forwarded-Proto, X-Forwarded-Port", "X-Forwarded-Proto: http", "X-Forwarded-Port: 81"]
    #expect(try forwarding.values("X-Forwarded-Proto", fields) == ["http"])
    #expect(try forwarding.values("X-Forwarded-Port", fields) == ["81"])
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

  @Test(arguments: ["X-Forwarded-Prefix: /a", "Forwarded: for=1.2.3.4", "X-Forwarded-Port: 81"])
  func `55: trusted proxies do`(_ field: String) throws {
    #expect(try Forwarding(peer: Forwarding.trusted).kept([field]) == [field])
  }

  @Test(arguments: [
    "X-Real-IP: 1.2.3.4", "X-Original-URL: /b", "X-Rewrite-URL: /b", "X-Forwarded-Uri: /b", "X-Forwarded-User: root",
    "X-Forwarded-Method: PUT", "X-HTTP-Method-Override: PUT", "X-HTTP-Method: PUT", "x-method-override: PUT",
    "X_HTTP_Method_Override: PUT", "X.Method~Override: PUT", "X_Forwarded_Proto: https", "X_Real_IP: 1.2.3.4",
  ])
  func `55: what is not believed of a trusted proxy passes from nobody`(_ field: String) throws {
    for fields in [[field], [field, "Connection: \(field.prefix { $0 != ":" })"]] {
      #expect(try Forwarding(peer: Forwarding.trusted).kept(fields) == [])
      #expect(try Forwarding().kept(fields) == [])
    }
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

  @Test func `a trace goes on if it is in form, and none is begun`() throws {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let state = "tracestate: a=1"
    #expect(try Forwarding().values("traceparent", ["traceparent: \(trace)", state]) == [trace])
    #expect(try Forwarding().values("tracestate", ["traceparent: \(trace)", state]) == ["a=1"])
    #expect(try Forwarding().values("traceparent", []) == [])
    #expect(try Forwarding().values("traceparent", ["traceparent: nonsense", state]) == [])
    #expect(try Forwarding().values("tracestate", [state]) == [])
    #expect(try Forwarding().values("tracestate", ["traceparent: nonsense", state]) == [])
    #expect(try Forwarding().values("traceparent", ["traceparent: \(trace)", "traceparent: \(trace)"]) == [])
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
    (["6.6.6.6, unknown, 10.0.0.9"], nil), (["6.6.6.6,"], nil), (["nonsense"], nil), ([""], nil), ([", ,"], nil),
    (["6.6.6.6, unknown"], nil), (["6.6.6.6", "unix:"], nil), (["6.6.6.6, fe80::1%eth0"], nil), (["_hidden"], nil),
    (["6.6.6.6, 1.2.3.4.5"], nil), (["6.6.6.6, [::1"], nil), (["6.6.6.6, 1.2.3.4:99999"], nil), (["010.0.0.9"], nil),
    // What stands left of the client was written by strangers.
    (["unknown, 1.2.3.4"], "1.2.3.4"), (["unknown, 1.2.3.4, 10.0.0.9"], "1.2.3.4"), (["", "1.2.3.4"], "1.2.3.4"),
  ])
  func `the client is the rightmost address that is not trusted`(_ lists: [String], _ expected: String?) throws {
    let proxies = TrustedProxies(ranges: [try #require(AddressRange("10.0.0.0/8"))])
    let wire = "GET / HTTP/1.0\r\n" + lists.map { "X-Forwarded-For: \($0)\r\n" }.joined() + "\r\n"
    var head = RequestHead()
    _ = Readings.request(Array(wire.utf8), into: &head)
    let client = proxies.clientAddress(of: head, from: trusted)
    #expect(client == (expected.flatMap { IPAddress($0) }.map(ClientAddress.known) ?? .unknown))
    let stranger = Peer(address: IPAddress("192.0.2.7"), scheme: .http, trustedProxies: proxies)
    #expect(proxies.clientAddress(of: head, from: stranger).address?.description == "192.0.2.7")
  }

  @Test(arguments: [
    (["for=1.2.3.4"], "1.2.3.4"), (["for=6.6.6.6, for=1.2.3.4;proto=https;by=10.0.0.2, FOR=10.0.0.9"], "1.2.3.4"),
    (["for=6.6.6.6", #"for="[2001:db8::1]:4711";host="a,b;c""#], "2001:db8::1"),
    (["proto=http; for=1.2.3.4:80"], "1.2.3.4"), ([#"for="1.2.3.4""#], "1.2.3.4"),
    (["for=10.0.0.9, for=10.0.0.8"], "10.0.0.9"), (["for=6.6.6.6, for=unknown"], nil),
    (["for=6.6.6.6, for=_hidden"], nil), (["for=6.6.6.6, proto=https"], nil), (["for=6.6.6.6;for=1.2.3.4"], nil),
    (["for=\"1.2.3.4"], nil), (["for="], nil), (["for=\"\""], nil), ([""], nil), (["host=\"x, for=1.2.3.4"], nil),
    (["for=6.6.6.6, host=\"a\\\"b, for=1.2.3.4\""], nil),
  ])
  func `the client stands in Forwarded where there is no other list`(_ lists: [String], _ expected: String?) throws {
    let proxies = TrustedProxies(ranges: [try #require(AddressRange("10.0.0.0/8"))])
    let lines = lists.map { "Forwarded: \($0)\r\n" }.joined()
    for (more, found) in [("", expected), ("X-Forwarded-For: 9.9.9.9\r\n", "9.9.9.9")] {
      var head = RequestHead()
      _ = Readings.request(Array("GET / HTTP/1.0\r\n\(lines)\(more)\r\n".utf8), into: &head)
      let client = proxies.clientAddress(of: head, from: trusted)
      #expect(client == (found.flatMap { IPAddress($0) }.map(ClientAddress.known) ?? .unknown))
    }
  }

  @Test func `a peer that speaks for nobody is the client itself`() throws {
    let proxies = TrustedProxies(ranges: [try #require(AddressRange("10.0.0.0/8"))], includesLocalSockets: true)
    var head = RequestHead()
    _ = Readings.request(Array("GET / HTTP/1.0\r\n\r\n".utf8), into: &head)
    #expect(proxies.clientAddress(of: head, from: trusted).address == trusted.address)
    let local = Peer(address: nil, scheme: .http, trustedProxies: proxies)
    #expect(proxies.clientAddress(of: head, from: local) == .local)
  }

  @Test func `a socket in the file system is trusted if that is said`() {
    let silent = Peer(address: nil, scheme: .http, trustedProxies: TrustedProxies())
    let said = Peer(address: nil, scheme: .http, trustedProxies: TrustedProxies(includesLocalSockets: true))
    #expect(!silent.isTrusted)
    #expect(said.isTrusted)
    #expect(silent.addressText == Array("unknown".utf8))
  }
}
