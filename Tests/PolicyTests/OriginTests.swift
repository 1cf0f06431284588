import HTTP
import Policy
import Testing

/// Requests that carry their token in a cookie, and who caused them.
@Suite struct OriginTests {
  static let auth = #""token_from": [{ "header": "Authorization" }, { "cookie": "at" }, { "query": "q" }],"#
  static let top = #""cors": { "origins": ["https://app.example.org"] }, "trusted_proxies": ["10.0.0.0/8"],"#

  @Test(arguments: [
    // Methods that change nothing.
    ("GET", ["Origin: https://evil.example"], true), ("HEAD", ["Origin: https://evil.example"], true),
    // Its own origin: scheme, host and port.
    ("POST", ["Origin: http://example.com"], true), ("POST", ["Origin: http://example.com:80"], true),
    ("POST", ["Origin: http://EXAMPLE.com"], true), ("POST", ["Origin: https://example.com"], false),
    ("POST", ["Origin: http://example.com:8080"], false), ("POST", ["Origin: http://a.example.com"], false),
    ("POST", ["Origin: http://example.com.evil.example"], false), ("POST", ["Origin: http://evil.example"], false),
    ("POST", ["Origin: http://example.com:8080", "Host: example.com:8080"], true),
    ("POST", ["Origin: http://example.com", "Host: example.com:8080"], false),
    // A listed one.
    ("POST", ["Origin: https://app.example.org"], true),
    ("POST", ["Origin: https://app.example.org.evil.example"], false),
    ("POST", ["Origin: http://app.example.org"], false),
    // Nobody's.
    ("POST", ["Origin: null"], false), ("POST", ["Origin:"], false),
    ("POST", ["Origin: http://example.com", "Origin: http://example.com"], false),
    // Without Origin, what the browser says of the site.
    ("POST", [], false), ("POST", ["Sec-Fetch-Site: same-origin"], true), ("POST", ["Sec-Fetch-Site: none"], true),
    ("POST", ["Sec-Fetch-Site: same-site"], false), ("POST", ["Sec-Fetch-Site: cross-site"], false),
    ("POST", ["Origin: http://evil.example", "Sec-Fetch-Site: same-origin"], false),
    // Every other method, and handshakes.
    ("PUT", [], false), ("DELETE", [], false), ("PATCH", [], false), ("PURGE", [], false),
    (
      "GET",
      [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: http://evil.example",
      ], false
    ),
    // What strangers say of the way they came doesn't count.
    ("POST", ["Origin: https://example.com", "X-Forwarded-Proto: https"], false),
    ("POST", ["Origin: http://x.example", "X-Forwarded-Host: x.example"], false),
  ])
  func `a cookie counts only in requests of the site's own making`(
    method: String, fields: [String], passes: Bool
  ) throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#, auth: Self.auth, top: Self.top)
    let decision = try gateway.decide("\(method) /", fields + ["Cookie: at=\(try Gateway.token())"])
    #expect(decision.summary == (passes ? "/" : "403 origin_refused"))
  }

  @Test(arguments: [
    (["Origin: https://example.com", "X-Forwarded-Proto: https"], true),
    (["Origin: http://example.com", "X-Forwarded-Proto: https"], false),
    (["Origin: https://pub.example", "X-Forwarded-Proto: https", "X-Forwarded-Host: pub.example"], true),
    (["Origin: https://example.com", "X-Forwarded-Proto: https", "X-Forwarded-Host: pub.example"], false),
    (["Origin: http://example.com:8080", "X-Forwarded-Port: 8080"], true),
    (["Origin: http://pub.example:81", "X-Forwarded-Host: pub.example", "X-Forwarded-Port: 81"], true),
    (["Origin: http://pub.example:82", "X-Forwarded-Host: pub.example", "X-Forwarded-Port: 81"], false),
    (["Origin: http://pub.example:81", "X-Forwarded-Host: pub.example:82", "X-Forwarded-Port: 81"], false),
    (["Origin: http://pub.example:81", "X-Forwarded-Port: 81"], false),
    (["Origin: http://example.com:8080", "X-Forwarded-Port: 8080", "X-Forwarded-Port: 8080"], false),
  ])
  func `a trusted proxy says what the origin was in front of it`(fields: [String], passes: Bool) throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#, auth: Self.auth, top: Self.top)
    let cookie = "Cookie: at=\(try Gateway.token())"
    let decision = try gateway.decide("POST /", fields + [cookie], peer: gateway.peer("10.0.0.1"))
    #expect(decision.summary == (passes ? "/" : "403 origin_refused"))
  }

  @Test func `on an encrypted connection the own origin is https`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#, auth: Self.auth, top: Self.top)
    let peer = gateway.peer(scheme: .https)
    for (origin, summary) in [
      ("https://example.com", "/"), ("https://example.com:443", "/"), ("http://example.com", "403 origin_refused"),
    ] {
      let fields = ["Cookie: at=\(try Gateway.token())", "Origin: \(origin)"]
      #expect(try gateway.decide("POST /", fields, peer: peer).summary == summary)
    }
  }

  @Test func `the same token from a place that no browser fills by itself needs no origin`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#, auth: Self.auth, top: Self.top)
    let token = try Gateway.token()
    let both = ["Authorization: Bearer \(token)", "Cookie: at=\(token)", "Origin: http://evil.example"]
    #expect(try gateway.decide("POST /", both).summary == "/")
  }

  @Test func `any origin is no listed origin, and a route without cors lists none`() throws {
    let fields = ["Cookie: at=\(try Gateway.token())", "Origin: https://app.example.org"]
    let any = try Gateway(#"{ "path": "/", "upstream": "u", "cors": { "origins": ["*"] } }"#, auth: Self.auth)
    #expect(try any.decide("POST /", fields).summary == "403 origin_refused")
    let off = try Gateway(#"{ "path": "/", "upstream": "u", "cors": false }"#, auth: Self.auth, top: Self.top)
    #expect(try off.decide("POST /", fields).summary == "403 origin_refused")
  }

  @Test func `a refused token stays a refused token, and a route without auth doesn't ask`() throws {
    let routes = #"{ "path": "/", "upstream": "u" }, { "path": "/open", "upstream": "u", "auth": "none" }"#
    let gateway = try Gateway(routes, auth: Self.auth)
    let fields = ["Cookie: at=a.b.c", "Origin: http://evil.example"]
    #expect(try gateway.decide("POST /", fields).summary == "401 token_malformed")
    #expect(try gateway.decide("POST /open", fields).summary == "/open")
  }
}
