import HTTP
import Testing

/// An absolute target names the scheme that the request was sent with: an upstream may go by it.
@Suite struct TargetSchemeTests {
  static let top = #""trusted_proxies": ["10.0.0.0/8"],"#
  static let stranger = "203.0.113.9"
  static let proxy = "10.0.0.1"

  @Test(arguments: [
    ("GET /", Scheme.http, stranger, [], true),
    ("GET http://example.com/", .http, stranger, [], true), ("GET HTTP://example.com", .http, stranger, [], true),
    ("GET https://example.com/", .http, stranger, [], false), ("GET HTTPS://example.com", .http, stranger, [], false),
    ("GET https://example.com/", .https, stranger, [], true), ("GET http://example.com/", .https, stranger, [], false),
    ("OPTIONS https://example.com", .http, stranger, [], false),
    // The word of a stranger on the scheme does not count.
    ("GET https://example.com/", .http, stranger, ["X-Forwarded-Proto: https"], false),
    ("GET http://example.com/", .http, stranger, ["X-Forwarded-Proto: https"], true),
    ("GET https://example.com/", .http, proxy, ["X-Forwarded-Proto: https"], true),
    ("GET http://example.com/", .http, proxy, ["X-Forwarded-Proto: https"], false),
    ("GET http://example.com/", .https, proxy, ["X-Forwarded-Proto: http"], true),
    ("GET https://example.com/", .http, proxy, [], false),
  ])
  func `a target names the scheme of the connection, or that which a trusted proxy names`(
    line: String, scheme: Scheme, address: String, fields: [String], passes: Bool
  ) throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "none" }"#, top: Self.top)
    let summary = try gateway.decide(line, fields, peer: gateway.peer(address, scheme: scheme)).summary
    #expect((summary != "400 scheme_mismatch") == passes, "\(summary)")
  }
}
