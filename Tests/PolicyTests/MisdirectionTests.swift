import Configuration
import HTTP
import Policy
import Testing

/// Requests for a host of another listener that asks clients for other certificates.
@Suite struct MisdirectionTests {
  /// The listener asks for no certificates; the others ask for some.
  static let rule = MisdirectionRule(
    own: HostNames(["www.example", "*.open.example", "both.example"]),
    others: [
      HostNames(["inner.example", "both.example"]),
      HostNames(["*.Inner.example", "*.open.example", "x.open.example."]),
    ])

  static let hosts: [(String, Bool)] = [
    ("inner.example", true), ("www.example", false), ("elsewhere.example", false),
    // Of two listeners, the request's own counts.
    ("both.example", false), ("a.open.example", false), ("x.open.example", false),
    // Case, ports and a final dot are no other name (Traefik, CVE-2022-23632).
    ("INNER.example", true), ("inner.example.", true), ("Inner.Example.:443", true), ("inner.example:8443", true),
    ("WWW.example.:443", false),
    // A wildcard stands for one label, no more and no less (Traefik, GHSA-5r4w-85f3-pw66).
    ("a.inner.example", true), ("A.INNER.EXAMPLE.", true), ("a.b.inner.example", false), ("open.example", false),
    ("a.b.open.example", false), ("x.y.open.example", false),
    // No wildcard is a host, and no address is a name.
    ("127.0.0.1", false), ("[::1]", false), ("_.inner.example", true), ("xinner.example", false),
  ]

  @Test(arguments: hosts) func `a host of another listener's certificates alone is misdirected`(
    host: String, isMisdirected: Bool
  ) throws {
    let gateway = try Gateway(ListenerRulesTests.open)
    let rules = try ListenerRulesTests.rules("", misdirection: Self.rule)
    let head = try requestHead("GET /anything", ["Host: \(host)"], gateway.policy)
    for scheme in [Scheme.https, .http] {
      let decision = gateway.policy.decide(
        head, peer: gateway.peer(scheme: scheme), rules: rules, now: Gateway.now, authenticator: gateway.authenticator,
        revocations: .none
      ).decision
      // In clear nothing is compared.
      #expect(decision.summary == (isMisdirected && scheme == .https ? "421 misdirected_request" : "200 /"))
    }
  }

  @Test func `it is found before any route, and after what can't be read`() throws {
    let gateway = try Gateway(#"{ "path": "/only", "upstream": "u" }"#)
    let rules = try ListenerRulesTests.rules(#", "redirect": "https""#, misdirection: Self.rule)
    for (line, outcome) in [
      ("GET /missing", "421 misdirected_request"), ("GET /only", "421 misdirected_request"),
      ("GET http://inner.example/", "400 scheme_mismatch"), ("OPTIONS *", "421 misdirected_request"),
    ] {
      let head = try requestHead(line, ["Host: inner.example"], gateway.policy)
      let decision = gateway.policy.decide(
        head, peer: gateway.peer(scheme: .https), rules: rules, now: Gateway.now, authenticator: gateway.authenticator,
        revocations: .none
      ).decision
      #expect(decision.summary == outcome)
    }
  }

  @Test func `where no other listener asks for other certificates there is no rule`() {
    #expect(MisdirectionRule(own: HostNames(["a.example"]), others: []) == nil)
  }

  @Test func `a request that names no host is for every listener`() throws {
    let rule = try #require(Self.rule)
    let isCovered = rule.covers(Span())
    #expect(!isCovered)
  }

  @Test(arguments: [
    ("", "", true), (#""ca": "a""#, #""ca": "a""#, true), (#""ca": "a""#, #""ca": "a", "mode": "required""#, true),
    (#""ca": "a""#, "", false), ("", #""ca": "a""#, false), (#""ca": "a""#, #""ca": "b""#, false),
    (#""ca": "a""#, #""ca": "a", "mode": "optional""#, false), (#""ca": "a""#, #""ca": "a", "crl": "c""#, false),
    (#""ca": "a", "crl": "c""#, #""ca": "a", "crl": "c""#, true),
  ])
  func `listeners ask for the same certificates, or not`(first: String, second: String, isSame: Bool) throws {
    func entry(_ port: Int, _ clients: String) -> String {
      let asked = clients.isEmpty ? "" : #", "client_certificates": { \#(clients) }"#
      return #"{ "address": "127.0.0.1:\#(port)", "tls": { \#(ListenerRulesTests.certificates)\#(asked) } }"#
    }
    let text = #"{ "listen": [\#(entry(1, first)), \#(entry(2, second))], "routes": [\#(ListenerRulesTests.open)] }"#
    let listeners = try #require(
      ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:]).configuration?.listeners)
    #expect(listeners[0].asksForSameCertificates(as: listeners[1]) == isSame)
    #expect(listeners[1].asksForSameCertificates(as: listeners[0]) == isSame)
  }
}
