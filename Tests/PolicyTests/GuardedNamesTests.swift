import Bytes
import Foundation
import HTTP
import JSON
import Policy
import Testing

/// Names of fields, cookies and query parameters that the configuration mentions, and other spellings of them.
@Suite struct GuardedNamesTests {
  /// A key of the schema that holds the name of a field.
  struct Key: Hashable, CustomStringConvertible {
    let object: String
    let name: String
    var description: String { "'\(name)' of '\(object)'" }

    init(_ object: String, _ name: String) {
      self.object = object
      self.name = name
    }
  }

  /// Every such key whose names stand in requests, with a configuration that has the name `X-Probe-Name` there.
  static let guarded: [(key: Key, auth: String, top: String, route: String)] = [
    (Key("tokenPlace", "header"), #""token_from": [{ "header": "X-Probe-Name" }],"#, "", ""),
    (Key("tokenPlace", "websocket_protocol"), #""token_from": [{ "websocket_protocol": "bearer" }],"#, "", ""),
    (Key("auth", "identity_headers"), #""identity_headers": { "X-Probe-Name": "sub" },"#, "", ""),
    (
      Key("assertion", "header"),
      #""identity_assertion": { "header": "X-Probe-Name", "issuer": "g", "key_directory": "k" },"#, "", ""
    ),
    (Key("route", "headers"), "", "", #", "headers": { "X-Probe-Name": "on" }"#),
    (Key("fieldEdits", "set"), "", "", #", "request_headers": { "set": { "X-Probe-Name": "1" } }"#),
    (Key("fieldEdits", "add"), "", "", #", "request_headers": { "add": { "X-Probe-Name": "1" } }"#),
    (Key("fieldEdits", "remove"), "", "", #", "request_headers": { "remove": ["X-Probe-Name"] }"#),
    (
      Key("rateLimitHeader", "header"), "",
      #""accounts": { "store": "sqlite:a.db", "signing": { "secret_file": "s" }, "registration_limit": { "requests": 1, "per": "1s", "by": { "header": "X-Probe-Name" } } },"#,
      ""
    ),
    (Key("cors", "headers"), "", #""cors": { "origins": ["*"], "headers": ["X-Probe-Name"] },"#, ""),
  ]

  /// The keys whose names stand in no request of a client's, and why.
  static let others: [Key: String] = [
    Key("tokenPlace", "cookie"): "a cookie, guarded by a folding of its own",
    Key("tokenPlace", "query"): "a query parameter, guarded by a folding of its own",
    Key("respond", "headers"): "fields of a response",
    Key("cors", "expose"): "fields of a response",
    Key("healthCheck", "headers"): "fields of requests that the gateway makes itself",
    Key("healthCheck", "host"): "a host",
    Key("auth", "realm"): "a quoted text",
    Key("route", "host_header"): "a choice",
    Key("route", "request_headers"): "an object whose own keys are looked at",
    Key("route", "response_headers"): "an object whose own keys are looked at",
  ]

  /// The keys of the schema that lead to a definition of field names, or are called after them.
  static func keys() throws -> Set<Key> {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let bytes = Array(try Data(contentsOf: root.appending(path: "deploy/gateway.schema.json")))
    let schema = try #require(try JSONReader.parse(bytes.span, limits: .file).object)
    let definitions = try #require(schema["$defs"]?.object)
    func leadsToNames(_ value: JSONValue) -> Bool {
      if let reference = value.object?["$ref"]?.string?.split(separator: "/").last {
        if ["fieldName", "nameText", "fieldLines"].contains(reference) { return true }
      }
      // What an object's own properties lead to is theirs.
      let members = (value.object?.members ?? []).filter { $0.name != "properties" }
      return members.contains { leadsToNames($0.value) } || (value.array ?? []).contains(where: leadsToNames)
    }
    var keys: Set<Key> = []
    for (object, definition) in [("top", JSONValue.object(schema))] + definitions.members.map({ ($0.name, $0.value) }) {
      for property in definition.object?["properties"]?.object?.members ?? [] {
        let isCalledSo = property.name.contains("header")
        if isCalledSo || leadsToNames(property.value) { keys.insert(Key(object, property.name)) }
      }
    }
    return keys
  }

  @Test func `every key of the schema that holds a field name is known here`() throws {
    let found = try Self.keys()
    let known = Set(Self.guarded.map(\.key)).union(Self.others.keys)
    #expect(found.subtracting(known).map(\.description) == [], "add it to RequestFieldNames, and to one of the tables")
    #expect(Set(Self.guarded.map(\.key)).subtracting(found).map(\.description) == [], "it is no key any more")
  }

  @Test(arguments: 0..<Self.guarded.count)
  func `no other spelling of a name from any key passes`(index: Int) throws {
    let (key, auth, top, route) = Self.guarded[index]
    let name = key.name == "websocket_protocol" ? "Sec-WebSocket-Protocol" : "X-Probe-Name"
    let routes =
      #"{ "path": "/", "upstream": "u", "auth": "none" }, { "path": "/a", "upstream": "u", "auth": "none"\#(route) }"#
    let gateway = try Gateway(routes, auth: auth, top: top)
    for spelling in ["_", ".", "~"].map({ name.replacing("-", with: $0) }) + [
      name.lowercased().replacing("-", with: "_")
    ] {
      let fields = ["\(spelling): on", "X_Other.Name: 1", "\(spelling)s: 1", "X-Third: 1"]
      for path in ["/", "/a"] {
        let sent = try #require(try gateway.forwarded("GET \(path)", fields), "\(key)")
        #expect(!sent.contains("\r\n\(spelling):"), "\(key): \(sent)")
        for line in fields.dropFirst() { #expect(sent.contains("\r\n\(line)\r\n"), "\(key): \(sent)") }
      }
      let told = gateway.explain("GET /", fields).sections.flatMap(\.steps).filter { $0.name == "dropped" }
      #expect(
        told.map(\.sentence) == ["\(spelling): an upstream might take it for \(name), which the configuration mentions"]
      )
    }
  }

  // MARK: What a lookalike decides

  @Test func `another spelling is no token`() throws {
    let auth = #""token_from": [{ "header": "X-Api-Token" }],"#
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "optional" }"#, auth: auth)
    let head = try #require(
      try gateway.forwarded("GET /", ["X_Api_Token: forged", "X-Api_Token: \(try Gateway.token())"]))
    #expect(!head.lowercased().contains("token"))
    #expect(try gateway.decide("GET /", ["X-Api-Token: forged"]).summary == "401 token_malformed")
  }

  static let conditions = #"""
    { "path": "/a", "upstream": "u", "auth": "none" },
    { "path": "/a", "headers": { "X-Admin-Mode": "on" }, "upstream": "u", "require": { "roles": ["admin"] } }
    """#

  @Test(arguments: [
    (["X-Admin-Mode: on"], "401 token_missing"), (["x-admin-mode: on"], "401 token_missing"),
    (["X_Admin_Mode: on"], "/a"), (["X-Admin-Mode: off"], "/a"),
    // Two of one name never match, whatever they say.
    (["X-Admin-Mode: on", "X-Admin-Mode: off"], "/a"), (["X-Admin-Mode: off", "x-admin-mode: on"], "/a"),
    (["X-Admin-Mode: on", "X-Admin-Mode: on"], "/a"),
    // A lookalike is not even a second one.
    (["X-Admin-Mode: on", "X_Admin_Mode: off"], "401 token_missing"),
    // What Connection names ends here.
    (["X-Admin-Mode: on", "Connection: X-Admin-Mode"], "/a"),
    (["X-Admin-Mode: on", "Connection: close, x-admin-mode"], "/a"),
    (["X-Admin-Mode: on", "Connection: X-Admin"], "401 token_missing"),
  ])
  func `a condition on a field sees that field alone, once, on its way to the upstream`(
    fields: [String], summary: String
  ) throws {
    let gateway = try Gateway(Self.conditions)
    #expect(try gateway.decide("GET /a", fields).summary == summary)
    if summary == "/a", let head = try gateway.forwarded("GET /a", fields) {
      #expect(!head.contains("X_Admin_Mode"))
    }
  }

  @Test(arguments: [
    ("X-Forwarded-Proto", "https"), ("X-Forwarded-User", "root"), ("X-Real-IP", "1.2.3.4"),
    ("Forwarded", "for=1.2.3.4"),
    ("X-Forwarded-For", "1.2.3.4"), ("X-Request-Id", "mine"),
  ])
  func `a condition on where a request comes from counts from trusted proxies alone`(
    name: String, value: String
  ) throws {
    let routes = #"""
      { "path": "/", "upstream": "u" },
      { "path": "/", "headers": { "\#(name)": "\#(value)" }, "upstream": "u", "auth": "none" }
      """#
    let gateway = try Gateway(routes, top: #""trusted_proxies": ["10.0.0.0/8"],"#)
    let line = "\(name): \(value)"
    #expect(try gateway.decide("GET /", [line]).summary == "401 token_missing")
    #expect(try gateway.decide("GET /", [line], peer: gateway.peer("10.0.0.1")).summary == "/")
    #expect(
      try gateway.decide("GET /", [line, line], peer: gateway.peer("10.0.0.1")).summary == "401 token_missing")
    let told = gateway.explain("GET /", [line]).sections.flatMap(\.steps).map(\.sentence)
    #expect(told.contains { $0.hasPrefix("wants the header \"\(line)\"; it counts from trusted proxies only") })
  }

  @Test func `a token that proxies pass on counts from them alone`() throws {
    let auth = #""token_from": [{ "header": "X-Forwarded-Access-Token" }],"#
    let gateway = try Gateway(
      #"{ "path": "/", "upstream": "u" }"#, auth: auth, top: #""trusted_proxies": ["10.0.0.0/8"],"#)
    let fields = ["X-Forwarded-Access-Token: \(try Gateway.token())"]
    #expect(try gateway.decide("GET /", fields).summary == "401 token_missing")
    #expect(try gateway.decide("GET /", fields, peer: gateway.peer("10.0.0.1")).summary == "/")
  }

  // MARK: Cookies and parameters

  @Test(arguments: [true, false]) func `what PHP would take for a token's cookie or parameter is dropped`(
    forwards: Bool
  ) throws {
    let auth =
      #""token_from": [{ "cookie": "access_token" }, { "query": "access_token" }], "forward_token": \#(forwards),"#
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "optional" }"#, auth: auth)
    let line =
      "GET /?a=1&access.token=x&access+token=x&access%5Btoken=x&%20access_token=x&access_token[]=x&access-token=y"
    let cookies = "Cookie: a=1; access.token=x; access token=x; access[token=x; access_token[0]=x; access-token=y"
    let head = try #require(try gateway.forwarded(line, [cookies]))
    #expect(head.hasPrefix("GET /?a=1&access-token=y HTTP/1.1\r\n"))
    #expect(head.contains("\r\nCookie: a=1; access-token=y\r\n"))
    let told = gateway.explain(line, [cookies]).sections.flatMap(\.steps).filter { $0.name == "dropped" }
    #expect(told.count == 9)
    #expect(told.first?.sentence == #"cookie "access.token": PHP might take it for access_token"#)
    #expect(told.last?.sentence == #"query "access_token[]": PHP might take it for access_token"#)
  }
}
