import HTTP
import JSON
import Policy
import Testing

/// Published ways around a gateway's routes, tried on ours: what is matched is what is forwarded.
@Suite struct BypassTests {
  static let routes = #"""
    { "path": "/public", "upstream": "u", "auth": "none", "strip_prefix": "/public" },
    { "path": "/admin", "upstream": "u", "require": { "roles": ["admin"] } },
    { "path": "/user", "upstream": "u" },
    { "exact": "/healthz", "auth": "none", "respond": { "status": 200 } },
    { "path": "/", "upstream": "u", "auth": "none", "host": "open.example.com" }
    """#

  @Test(arguments: [
    // CVE-2026-48020: prefix stripped before dots were resolved.
    ("GET /public/../admin", "401 token_missing"), ("GET /public/%2e%2e/admin", "401 token_missing"),
    ("GET /public/.%2E/admin", "401 token_missing"), ("GET /public/./../admin/", "401 token_missing"),
    // CVE-2026-42274: rules matched on the raw path.
    ("GET /%61dmin", "401 token_missing"), ("GET /./admin", "401 token_missing"),
    ("GET /x/../admin", "401 token_missing"),
    // CVE-2026-42272: %2F refused, %2f not.
    ("GET /public%2F..%2fadmin", "400"), ("GET /public/..%2fadmin", "400"), ("GET /public%2fx", "400 encoded_slash"),
    ("GET /public%2Fx", "400 encoded_slash"),
    // CVE-2021-31920: runs of slashes, backslashes.
    ("GET //admin", "401 token_missing"), ("GET /public//..//admin", "401 token_missing"),
    ("GET /public/..%5Cadmin", "400"),
    ("GET /public\\..\\admin", "400"), ("GET /public/%5c..%5cadmin", "400"),
    // CVE-2021-39155: the case of the host.
    ("GET http://EXAMPLE.com/admin", "401 token_missing"),
    // CVE-2021-39156, GHSA-pxq7-h93f-9jrg, CVE-2023-45539: fragments.
    ("GET /admin#/public", "400"), ("GET /public#/../admin", "400"), ("GET /public%23/../admin", "401 token_missing"),
    // CVE-2025-32431, CVE-2025-66490: encoded characters that another server reads again.
    ("GET /public/%00/../admin", "400"), ("GET /public/%252e%252e/admin", "400"), ("GET /public/%25%32%65", "400"),
    ("GET /public/%0a", "400"),
    // CVE-2025-54576: the query took part in the match.
    ("GET /admin?/public", "401 token_missing"), ("GET /admin?x=/public/..", "401 token_missing"),
    // CVE-2026-34457: a header that opened a door.
    ("GET /admin", "401 token_missing"),
    // CVE-2026-32726: a prefix that ends inside a segment.
    ("GET /publicity", "404 not_found"), ("GET /admins", "404 not_found"),
    ("GET /healthz/../admin", "401 token_missing"),
    ("GET /healthzx", "404 not_found"),
    // CVE-2021-32637, CVE-2016-5007: paths that do not parse, parameters.
    ("GET /public/..;/admin", "400"), ("GET /admin;x", "400 ambiguous_parameters"),
    ("GET /admin;/x", "400 ambiguous_parameters"), ("GET /public/%zz", "400"),
    ("GET /public;/../admin", "401 token_missing"),
    ("GET /admin%3bx", "400 ambiguous_parameters"), ("GET /%2e%2e/admin", "400"), ("GET public/../admin", "400"),
    // The case of paths is data.
    ("GET /ADMIN", "404 not_found"),
  ])
  func `a path in disguise finds the same door as the plain one`(request: String, outcome: String) throws {
    let gateway = try Gateway(Self.routes)
    let summary: String
    do {
      summary = try gateway.decide(request, ["User-Agent: GoogleHC/1.0", "X-Original-URL: /public"]).summary
    } catch let error as UnexpectedParse {
      guard case .rejected(let rejection) = error.outcome else { throw error }
      summary = "\(rejection.status) \(rejection.reason)"
    }
    #expect(summary == outcome || summary.hasPrefix(outcome + " "))
  }

  @Test(arguments: [
    ("/public/a/../b", "/b"), ("/public", "/"), ("/public/", "/"), ("/public/%61", "/a"), ("/public//x", "/x"),
    ("/public/public", "/public"), ("/public/a?b=../c", "/a?b=../c"), ("/public/a;b/c", "/a;b/c"),
  ])
  func `what goes upstream is the path that was judged, less what the route strips`(
    target: String, forwarded: String
  ) throws {
    let head = try #require(try Gateway(Self.routes).forwarded("GET \(target)"))
    #expect(head.hasPrefix("GET \(forwarded) HTTP/1.1\r\n"))
  }

  @Test func `a rewritten path begins with what the route adds`() throws {
    let gateway = try Gateway(
      #"{ "path": "/a", "upstream": "u", "auth": "none", "strip_prefix": "/a", "add_prefix": "/b/c/" }"#)
    for (target, forwarded) in [("/a", "/b/c"), ("/a/", "/b/c/"), ("/a/x?y", "/b/c/x?y")] {
      #expect(try gateway.forwarded("GET \(target)")?.hasPrefix("GET \(forwarded) HTTP/1.1\r\n") == true)
    }
  }

  @Test(arguments: ["OPEN.example.com", "open.example.com.", "open.example.com:80", "open.example.com"])
  func `a host is matched in one spelling`(host: String) throws {
    #expect(try Gateway(Self.routes).decide("GET /x", ["Host: \(host)"]).summary == "open.example.com/")
  }

  @Test func `an open host does not open the paths of others`() throws {
    let gateway = try Gateway(Self.routes)
    // The host comes first, so on it its own route holds; on every other host the paths are guarded as ever.
    #expect(try gateway.decide("GET /admin", ["Host: open.example.com.evil.example"]).summary == "401 token_missing")
    #expect(try gateway.decide("GET /admin", ["Host: xopen.example.com"]).summary == "401 token_missing")
  }

  @Test func `CVE-2021-21378: a token of an unknown issuer is refused where tokens are optional`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "optional" }"#)
    let stranger = try Gateway.bearer(["iss": .string("https://evil.example/")])
    #expect(try gateway.decide("GET /", [stranger]).summary == "401 issuer_unknown")
  }

  @Test func `CVE-2021-32701: what one route asks of a remembered token, it asks each time`() throws {
    let gateway = try Gateway(Self.routes)
    let bearer = try Gateway.bearer()
    #expect(try gateway.decide("GET /user", [bearer]).summary == "/user")
    #expect(try gateway.decide("GET /admin", [bearer]).summary == "403 role_missing")
    #expect(try gateway.decide("GET /user", [bearer]).summary == "/user")
  }

  @Test func `CVE-2026-35039: two users are never taken for each other, however often they come`() throws {
    let gateway = try Gateway(Self.routes)
    let users = (0..<50).map { "user-\($0)" }
    let tokens = try users.map { try Gateway.bearer(["sub": .string($0)]) }
    for _ in 0..<3 {
      for (user, token) in zip(users, tokens) {
        #expect(try gateway.decide("GET /user", [token]).identity?.user == user)
      }
    }
  }
}
