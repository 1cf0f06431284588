import Bytes
import Configuration
import HTTP
import JSON
import Policy
import Testing

/// The rules of a listener: where it sends requests, and which of them came to the wrong one.
@Suite struct ListenerRulesTests {
  static let open = #"{ "path": "/", "auth": "none", "respond": { "status": 200 } }"#

  /// The rules of a listener with these keys.
  static func rules(_ keys: String, misdirection: MisdirectionRule? = nil) throws -> ListenerRules? {
    let text = #"{ "listen": [{ "address": "127.0.0.1:0" \#(keys) }], "routes": [\#(open)] }"#
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    let listener = try #require(result.configuration?.listeners.first, "\(result.diagnostics)")
    return ListenerRules(listener, misdirection: misdirection)
  }

  private func decide(
    _ gateway: Gateway, _ rules: ListenerRules?, _ requestLine: String, _ fields: [String] = [], scheme: Scheme = .http
  ) throws -> Decision {
    let head = try requestHead(requestLine, fields, gateway.policy)
    return gateway.policy.decide(
      head, peer: gateway.peer(scheme: scheme), rules: rules, now: Gateway.now, authenticator: gateway.authenticator,
      revocations: .none
    ).decision
  }

  @Test func `a listener without any has no rules`() throws {
    #expect(try Self.rules("") == nil)
    #expect(try Self.rules(#", "http2": false, "proxy_protocol": true"#) == nil)
  }

  // MARK: Redirects

  @Test(arguments: [
    ("https", "GET /a/b?c=d", "Host: Example.com", "https://example.com/a/b?c=d"),
    ("https", "GET /", "Host: example.com:80", "https://example.com/"),
    ("https:443", "GET /", "Host: example.com", "https://example.com/"),
    ("https:8443", "GET /x", "Host: example.com:8080", "https://example.com:8443/x"),
    ("https:8443", "GET /x", "Host: [2001:db8::1]:8080", "https://[2001:db8::1]:8443/x"),
    ("https", "GET /x", "Host: example.com.", "https://example.com/x"),
    ("https", "GET //evil.example/x", "Host: example.com", "https://example.com//evil.example/x"),
    ("https", "GET /a%2Fb/;c=d/x%3b", "Host: example.com", "https://example.com/a%2Fb/;c=d/x%3b"),
    ("https", "GET http://example.com/a?b", "Host: example.com", "https://example.com/a?b"),
    ("https", "GET http://example.com", "Host: example.com", "https://example.com/"),
    ("https", "OPTIONS *", "Host: example.com", "https://example.com"),
    ("https", "POST /login", "Host: example.com", "https://example.com/login"),
    ("https", "DELETE /missing", "Host: example.com", "https://example.com/missing"),
  ])
  func `every well-formed request is sent to the same URL there`(
    redirect: String, line: String, host: String, location: String
  ) throws {
    let gateway = try Gateway(
      Self.open, top: #""accounts": { "store": "sqlite:a", "signing": { "secret_file": "k" } },"#)
    let rules = try Self.rules(#", "redirect": "\#(redirect)""#)
    guard case .answer(.fixed(let answer)) = try decide(gateway, rules, line, [host]) else {
      Issue.record("\(line) is not sent on")
      return
    }
    #expect(answer.status == 308)
    #expect(answer.fields.fields.map(\.name) == ["Location"])
    #expect(answer.fields.fields.map(\.value) == [location])
    #expect(answer.body.isEmpty)
    #expect(answer.route == nil)
  }

  @Test func `a request that two could read in two ways is not sent on`() throws {
    let gateway = try Gateway(Self.open)
    let rules = try Self.rules(#", "redirect": "https""#)
    let decision = try decide(gateway, rules, "GET https://example.com/", ["Host: example.com"])
    #expect(decision.summary == "400 scheme_mismatch")
  }

  @Test func `a request without a host can be sent nowhere`() throws {
    let gateway = try Gateway(Self.open)
    let rules = try Self.rules(#", "redirect": "https""#)
    var parser = RequestHeadParser(limits: .request)
    var head = RequestHead()
    let text = "GET /x HTTP/1.0\r\n\r\n"
    try #require(parser.parse(text.utf8Span.span, into: &head) == .complete(byteCount: text.utf8.count))
    let decision = gateway.policy.decide(
      head, peer: gateway.peer(), rules: rules, now: Gateway.now, authenticator: gateway.authenticator,
      revocations: .none
    ).decision
    #expect(decision.summary == "400 missing_host")
  }

  // MARK: HSTS

  static let certificates = #""certificates": [{ "certificate": "c", "key": "k" }]"#

  @Test(arguments: [
    (#""hsts": "365d""#, "max-age=31536000"), (#""hsts": "0s""#, "max-age=0"), (#""tickets": true"#, nil),
  ])
  func `a listener over TLS tells browsers for how long to use it`(key: String, value: String?) throws {
    let rules = try Self.rules(#", "tls": { \#(Self.certificates), \#(key) }"#)
    #expect(rules?.transportSecurity?.fields.map(\.value) == value.map { [$0] })
    #expect(rules?.transportSecurity?.names == value.map { _ in ["Strict-Transport-Security"] })
  }
}
