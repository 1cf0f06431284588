import HTTP
import JSON
import Policy
import Testing

/// The pages that may read answers.
@Suite struct CORSTests {
  static let top = #""cors": { "origins": ["https://app.example.com", "http://localhost:3000"] },"#
  static let routes = #"""
    { "path": "/orders", "upstream": "u", "methods": ["GET", "PUT"] },
    { "path": "/orders", "upstream": "u", "methods": ["DELETE"], "cors": false },
    { "path": "/any", "upstream": "u" },
    { "path": "/own", "upstream": "u", "cors": { "origins": ["https://own.example"], "methods": ["GET", "POST"],
      "headers": ["X-A", "X-B"], "expose": ["X-C"], "credentials": true, "max_age": "10m" } },
    { "path": "/star", "upstream": "u", "cors": { "origins": ["*"] } },
    { "path": "/off", "upstream": "u", "cors": false }
    """#

  func lines(_ decision: Decision) -> [String] { decision.fields.split(separator: "\r\n").map(String.init) }

  func preflight(_ path: String, origin: String, method: String, extra: [String] = []) throws -> Decision {
    let gateway = try Gateway(Self.routes, top: Self.top)
    return try gateway.decide(
      "OPTIONS \(path)", ["Origin: \(origin)", "Access-Control-Request-Method: \(method)"] + extra)
  }

  @Test func `a preflight is answered without a token, for the route of its method`() throws {
    let decision = try preflight("/orders/7", origin: "https://app.example.com", method: "PUT")
    #expect(decision.summary == "204 /orders")
    #expect(
      lines(decision) == [
        "Access-Control-Allow-Origin: https://app.example.com", "Vary: Origin",
        "Access-Control-Allow-Methods: GET, PUT", "Access-Control-Allow-Headers: Authorization, Content-Type",
      ])
  }

  @Test func `a route of its own says its own`() throws {
    #expect(
      lines(try preflight("/own", origin: "https://own.example", method: "PATCH")) == [
        "Access-Control-Allow-Origin: https://own.example", "Access-Control-Allow-Credentials: true",
        "Access-Control-Expose-Headers: X-C", "Vary: Origin", "Access-Control-Allow-Methods: GET, POST",
        "Access-Control-Allow-Headers: X-A, X-B", "Access-Control-Max-Age: 600",
      ])
  }

  @Test func `a route that takes any method allows the one asked for`() throws {
    let decision = try preflight("/any", origin: "http://localhost:3000", method: "PATCH")
    #expect(lines(decision).contains("Access-Control-Allow-Methods: PATCH"))
  }

  @Test(arguments: [
    "https://evil.example", "https://app.example.com.evil.example", "http://app.example.com", "null",
    "https://app.example.com:8443", "https://APP.example.com", "https://own.example",
  ])
  func `an origin that is not listed gets a 204 that says nothing`(origin: String) throws {
    let decision = try preflight("/orders", origin: origin, method: "GET")
    #expect(decision.summary == "204 /orders")
    #expect(lines(decision) == ["Vary: Origin"])
  }

  @Test(arguments: [
    // Without cors on the route of the method, a preflight is an ordinary request.
    ("/off", "GET", "401 token_missing"), ("/orders", "DELETE", "405 method_not_allowed"),
    // As is one for a route that isn't there.
    ("/none", "GET", "404 not_found"), ("/orders", "POST", "405 method_not_allowed"),
    // And one that asks for no method at all.
    ("/any", "", "401 token_missing"), ("/any", "A B", "401 token_missing"),
  ])
  func `what is no preflight, or none for a route with cors, is an ordinary request`(
    path: String, method: String, summary: String
  ) throws {
    #expect(try preflight(path, origin: "https://app.example.com", method: method).summary == summary)
  }

  @Test func `OPTIONS without the marks of a preflight is an ordinary request`() throws {
    let gateway = try Gateway(Self.routes, top: Self.top)
    for fields in [["Origin: https://app.example.com"], ["Access-Control-Request-Method: GET"], []] {
      #expect(try gateway.decide("OPTIONS /any", fields).summary == "401 token_missing")
    }
  }

  @Test(
    arguments: [
      ("/any", "https://app.example.com", ["Access-Control-Allow-Origin: https://app.example.com", "Vary: Origin"]),
      ("/any", "https://evil.example", ["Vary: Origin"]), ("/any", nil, ["Vary: Origin"]),
      (
        "/own", "https://own.example",
        [
          "Access-Control-Allow-Origin: https://own.example", "Access-Control-Allow-Credentials: true",
          "Access-Control-Expose-Headers: X-C", "Vary: Origin",
        ]
      ),
      ("/star", "https://evil.example", ["Access-Control-Allow-Origin: *", "Vary: Origin"]),
      ("/off", "https://app.example.com", []),
    ] as [(String, String?, [String])])
  func `a forwarded request brings back the grant of its route`(
    path: String, origin: String?, grant: [String]
  ) throws {
    let gateway = try Gateway(Self.routes, top: Self.top)
    let decision = try gateway.decide("GET \(path)", [try Gateway.bearer()] + (origin.map { ["Origin: \($0)"] } ?? []))
    #expect(lines(decision) == grant)
    guard case .forward(let plan) = decision else {
      Issue.record("not forwarded")
      return
    }
    #expect(plan.forwarding.responseRules.replacesCORS == !grant.isEmpty)
  }

  @Test(arguments: [
    ("GET /any", "401 token_missing", "https://app.example.com"),
    ("GET /none", "404 not_found", "https://app.example.com"),
    ("POST /orders", "405 method_not_allowed", "https://app.example.com"),
    ("GET /orders%2F7", "400 encoded_slash", "https://app.example.com"),
    ("GET /own", "401 token_missing", "https://own.example"), ("GET /own", "401 token_missing", nil),
    ("GET /off", "401 token_missing", nil),
  ])
  func `a page that may read the answers may read the gateway's own errors`(
    request: String, summary: String, granted: String?
  ) throws {
    let gateway = try Gateway(Self.routes, top: Self.top)
    let decision = try gateway.decide(request, ["Origin: \(granted ?? "https://app.example.com")"])
    #expect(decision.summary == summary)
    let line = lines(decision).first { $0.hasPrefix("Access-Control-Allow-Origin: ") }
    #expect(line == granted.map { "Access-Control-Allow-Origin: \($0)" })
  }

  @Test func `an error on the way of a forwarded request carries the grant too`() throws {
    let gateway = try Gateway(Self.routes, top: Self.top)
    let fields = [try Gateway.bearer(), "Origin: https://app.example.com"]
    guard case .forward(let plan) = try gateway.decide("GET /any", fields) else {
      Issue.record("not forwarded")
      return
    }
    let decision = Decision.reject(Rejection(.upstreamTimeout, of: plan))
    #expect(decision.summary == "504 upstream_timeout")
    #expect(lines(decision).contains("Access-Control-Allow-Origin: https://app.example.com"))
    #expect(decision.identity?.user == "alice")
    #expect(decision.route?.name == "/any")
  }

  @Test func `an answer of the gateway's own is granted as any other`() throws {
    let gateway = try Gateway(
      #"{ "exact": "/", "auth": "none", "respond": { "status": 200, "body": "hi" } }"#, top: Self.top)
    let decision = try gateway.decide("GET /", ["Origin: https://app.example.com"])
    #expect(
      lines(decision) == [
        "Content-Type: text/plain; charset=utf-8", "Access-Control-Allow-Origin: https://app.example.com",
        "Vary: Origin",
      ])
  }

  // MARK: Patterns

  static let below = #"""
    { "path": "/", "upstream": "u", "cors": {
      "origins": ["https://*.example.com", "http://*.dev.test:3000", "https://only.example.org"], "credentials": true,
      "expose": ["X-C"] } }
    """#

  @Test(arguments: [
    ("https://a.example.com", true), ("https://a.b.example.com", true), ("https://a-b_1.example.com", true),
    ("https://xn--mnchen-3ya.example.com", true), ("http://x.dev.test:3000", true), ("https://only.example.org", true),
    // The name itself is not below itself.
    ("https://example.com", false), ("https://.example.com", false), ("https://..example.com", false),
    ("https://a..example.com", false),
    // Another scheme, another port.
    ("http://a.example.com", false), ("https://a.example.com:8443", false), ("https://a.example.com:443", false),
    ("http://x.dev.test", false), ("http://x.dev.test:30000", false), ("https://x.dev.test:3000", false),
    // Names that only look like it.
    ("https://evilexample.com", false), ("https://a.example.com.evil.test", false), ("https://a.example.comx", false),
    ("https://evil.test/.example.com", false), ("https://evil.test:1.example.com", false),
    ("https://evil.test?.example.com", false), ("https://evil.test#.example.com", false),
    ("https://u@a.example.com", false), ("https://evil.test\\.example.com", false), ("https://a,b.example.com", false),
    ("https://a.example.com/", false), ("https://a .example.com", false), ("https://*.example.com", false),
    ("https://a%2eexample.com", false), ("https://a.example.com.", false),
    // As in a list, it is spelt as browsers spell it.
    ("https://A.example.com", false), ("HTTPS://a.example.com", false), ("https://a.EXAMPLE.com", false),
    ("https://a.example.org", false), ("null", false), ("", false),
  ])
  func `a pattern lists every origin below a name`(origin: String, isListed: Bool) throws {
    let auth = #""token_from": [{ "cookie": "at" }],"#
    let gateway = try Gateway(Self.below, auth: auth)
    let granted = [
      "Access-Control-Allow-Origin: \(origin)", "Access-Control-Allow-Credentials: true",
      "Access-Control-Expose-Headers: X-C", "Vary: Origin",
    ]
    let cookie = "Cookie: at=\(try Gateway.token())"
    let seen = try gateway.decide("GET /", ["Origin: \(origin)", cookie])
    #expect(lines(seen) == (isListed ? granted : ["Vary: Origin"]))
    let question = ["Origin: \(origin)", "Access-Control-Request-Method: PUT"]
    let answer = lines(try gateway.decide("OPTIONS /", question))
    #expect(answer.contains("Access-Control-Allow-Methods: PUT") == isListed)
    #expect(answer.contains(granted[0]) == isListed)
    // What may read may also write with a cookie.
    #expect(
      try gateway.decide("POST /", ["Origin: \(origin)", cookie]).summary == (isListed ? "/" : "403 origin_refused"))
  }

  @Test func `an origin stands once`() throws {
    let fields = ["Origin: https://a.example.com", "Origin: https://b.example.com"]
    #expect(lines(try Gateway(Self.below).decide("GET /", fields)).contains("Vary: Origin"))
    #expect(!lines(try Gateway(Self.below).decide("GET /", fields)).contains { $0.hasPrefix("Access-Control-Allow") })
  }
}
