import Configuration
import Cryptography
import HTTP
import JSON
import Policy
import TestSupport
import Testing

/// Client certificates: what routes ask of them, what upstreams are told, and tokens that are bound to them.
@Suite struct CertificateTests {
  static func certificate(_ text: String) throws -> ClientCertificate {
    let bytes = CertificateSample.der(text)
    let certificate = ClientCertificate(der: bytes.span)
    return try #require(certificate)
  }

  static let fingerprint = "045b4c3619ebd0d075c87563d286ba29e25064b85463f10cdf8072789e195168"
  static let thumbprint = "BFtMNhnr0NB1yHVj0oa6KeJQZLhUY_EM34ByeJ4ZUWg"

  /// A peer that has proven one of the samples; nil for one that has proven none.
  private func peer(_ gateway: Gateway, _ sample: String?) throws -> Peer {
    gateway.peer(scheme: .https, certificate: try sample.map { try Self.certificate($0) })
  }

  // MARK: "auth": "certificate"

  static let door = #"{ "path": "/", "upstream": "u", "auth": "certificate" }"#

  @Test(arguments: [(401, ""), (403, #""reject_status": 403,"#)])
  func `a route asks for a certificate, and a token is none`(status: Int, auth: String) throws {
    let gateway = try Gateway(Self.door, auth: auth)
    for fields in [[], [try Gateway.bearer()], ["Authorization: Bearer x"]] {
      for scheme in [Scheme.http, .https] {
        let decision = try gateway.decide("GET /", fields, peer: gateway.peer(scheme: scheme))
        #expect(decision.summary == "\(status) certificate_missing")
        #expect(decision.fields.contains("WWW-Authenticate: Bearer realm=\"portcullis\"\r\n"))
        #expect(decision.identity == nil)
      }
    }
  }

  @Test func `a certificate lets through whatever stands for a token, and its subject is the user`() throws {
    let gateway = try Gateway(Self.door)
    for fields in [[], ["Authorization: Bearer x"], [try Gateway.bearer(["exp": .number(JSONNumber(1))])]] {
      let decision = try gateway.decide("GET /", fields, peer: peer(gateway, CertificateSample.plain))
      #expect(decision.summary == "/")
      #expect(decision.identity?.user == "CN=alice,OU=Ops\\, East,O=Exämple")
      #expect(decision.identity?.isOfToken == false)
      #expect(decision.identity?.expiresAt == .infinity)
    }
  }

  @Test func `no revocation of a user or session is one of a certificate with that subject`() throws {
    let gateway = try Gateway(Self.door)
    let user = Revocations.Holder(issuer: nil, name: "CN=bob")
    let decision = try gateway.decide(
      "GET /", peer: peer(gateway, CertificateSample.other), revocations: Revocations(users: [user: .infinity]))
    #expect(decision.summary == "/")
  }

  // MARK: Requirements

  static let claims: [(String, String?, String)] = [
    (#""tls:subject": "CN=alice,OU=Ops\\, East,O=Exämple""#, CertificateSample.plain, "/"),
    (#""tls:subject": ["CN=eve", "CN=bob"]"#, CertificateSample.other, "/"),
    (#""tls:subject": "CN=alice""#, CertificateSample.plain, "403 claim_mismatch"),
    (#""tls:subject": "CN=bob""#, CertificateSample.nameless, "403 claim_mismatch"),
    (#""tls:subject": "CN=bob""#, nil, "403 claim_mismatch"),
    (#""tls:fingerprint": "\#(fingerprint)""#, CertificateSample.plain, "/"),
    (#""tls:fingerprint": "\#(fingerprint)""#, CertificateSample.other, "403 claim_mismatch"),
    (#""tls:san": "DNS:client.example""#, CertificateSample.plain, "/"),
    (#""tls:san": "URI:spiffe://example/alice""#, CertificateSample.plain, "/"),
    (#""tls:san": "email:alice@example.com""#, CertificateSample.plain, "/"),
    (#""tls:san": ["IP:192.0.2.7"]"#, CertificateSample.plain, "/"),
    (#""tls:san": "IP:2001:db8::7""#, CertificateSample.plain, "/"),
    (#""tls:san": "DNS:client.example""#, CertificateSample.other, "403 claim_mismatch"),
    (#""tls:san": "URI:x""#, CertificateSample.other, "403 claim_mismatch"),
    (#""tls:san": "DNS:a.example""#, CertificateSample.odd, "403 claim_mismatch"),
    (#""tls:san": "DNS:good.example""#, CertificateSample.odd, "/"),
    (
      #""tls:san": "DNS:client.example", "tls:subject": "CN=bob""#, CertificateSample.plain, "403 claim_mismatch"
    ),
  ]

  @Test(arguments: claims) func `what is asked of a certificate is judged whatever else the route asks for`(
    claims: String, sample: String?, outcome: String
  ) throws {
    for auth in ["certificate", "none", "optional", "required"] {
      let gateway = try Gateway(
        #"{ "path": "/", "upstream": "u", "auth": "\#(auth)", "require": { "claims": { \#(claims) } } }"#)
      let fields = auth == "required" ? [try Gateway.bearer()] : []
      let decision = try gateway.decide("GET /", fields, peer: peer(gateway, sample))
      let expected = auth == "certificate" && sample == nil ? "401 certificate_missing" : outcome
      #expect(decision.summary == expected, "\(auth)")
      let isChallenged = decision.fields.contains("insufficient_scope")
      #expect(isChallenged == (decision.reason == .claimMismatch && auth != "certificate" && auth != "none"), "\(auth)")
    }
  }

  @Test func `a route that only reports says what a certificate lacks`() throws {
    let gateway = try Gateway(
      #"{ "path": "/", "upstream": "u", "auth": "report", "require": { "claims": { "tls:subject": "CN=bob" } } }"#)
    for (sample, reason) in [(CertificateSample.plain, RejectionReason.claimMismatch), (CertificateSample.other, nil)] {
      let decision = try gateway.decide("GET /", [try Gateway.bearer()], peer: peer(gateway, sample))
      #expect(decision.summary == "/")
      #expect(decision.reason == reason)
    }
  }

  @Test func `no claim of a token passes for what a certificate says`() throws {
    let gateway = try Gateway(
      #"{ "path": "/", "upstream": "u", "require": { "claims": { "tls:subject": "CN=bob" } } }"#,
      auth: #""identity_headers": { "X-Subject": "tls:subject", "X-User": "sub" },"#)
    let forged = try Gateway.bearer(["tls:subject": .string("CN=bob"), "tls": .object(["subject": .string("CN=bob")])])
    #expect(try gateway.decide("GET /", [forged]).summary == "403 claim_mismatch")
    #expect(
      try gateway.decide("GET /", [forged], peer: peer(gateway, CertificateSample.plain)).summary
        == "403 claim_mismatch")
    let told = try #require(try gateway.forwarded("GET /", [forged], peer: peer(gateway, CertificateSample.other)))
    #expect(told.contains("X-Subject: CN=bob\r\n"))
  }

  // MARK: What upstreams are told

  static let headers = #"""
    "identity_headers": { "X-Subject": "tls:subject", "X-Names": "tls:san", "X-Print": "tls:fingerprint", "X-User": "sub" },
    """#

  @Test func `upstreams are told of a certificate on every route`() throws {
    let gateway = try Gateway(
      ["none", "certificate", "required", "optional", "report"].map {
        #"{ "path": "/\#($0)", "upstream": "u", "auth": "\#($0)" }"#
      }.joined(separator: ", "), auth: Self.headers)
    let peer = try peer(gateway, CertificateSample.plain)
    for auth in ["none", "certificate", "required", "optional", "report"] {
      let fields = auth == "certificate" || auth == "none" ? [] : [try Gateway.bearer()]
      let head = try #require(try gateway.forwarded("GET /\(auth)", fields, peer: peer))
      #expect(head.contains("X-Subject: CN=alice,OU=Ops\\, East,O=Ex%C3%A4mple\r\n"))
      #expect(
        head.contains(
          "X-Names: DNS:client.example,URI:spiffe://example/alice,email:alice@example.com,IP:192.0.2.7,IP:2001:db8::7\r\n"
        ))
      #expect(head.contains("X-Print: \(Self.fingerprint)\r\n"))
      #expect(head.contains("X-User: alice\r\n") == !fields.isEmpty)
    }
  }

  @Test func `what a certificate does not say is no field, and a client's own never passes`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "none" }"#, auth: Self.headers)
    let spoofed = [
      "X-Subject: CN=root", "x_names: DNS:root", "X.Print: 1", "Client-Cert: :MQ==:", "Client_Cert_Chain: 1",
    ]
    for sample in [CertificateSample.nameless, nil] {
      let head = try #require(try gateway.forwarded("GET /", spoofed, peer: peer(gateway, sample)))
      for name in ["subject", "names", "client"] { #expect(!head.lowercased().contains(name + ": "), "\(head)") }
      #expect(!head.lowercased().contains("cert"))
      #expect(head.contains("X-Print: ") == (sample != nil))
    }
  }

  @Test func `a token that is remembered tells of no other connection's certificate`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#, auth: Self.headers)
    let token = try Gateway.bearer()
    for (sample, subject) in [
      (CertificateSample.plain, "CN=alice,OU=Ops\\, East,O=Ex%C3%A4mple"), (CertificateSample.other, "CN=bob"),
      (nil, nil),
    ] {
      let head = try #require(try gateway.forwarded("GET /", [token], peer: peer(gateway, sample)))
      #expect(head.contains("X-Subject: ") == (subject != nil))
      if let subject { #expect(head.contains("X-Subject: \(subject)\r\n")) }
    }
  }

  // MARK: Bound tokens

  private func bound(_ members: JSONObject) throws -> String { try Gateway.bearer(["cnf": .object(members)]) }

  @Test func `a bound token counts over connections with its certificate alone, each time`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let token = try bound(["x5t#S256": .string(Self.thumbprint)])
    // Each verdict is given twice, in every order: neither is remembered with the token.
    for sample in [nil, CertificateSample.plain, CertificateSample.other, CertificateSample.plain, nil] {
      for _ in 0..<2 {
        let decision = try gateway.decide("GET /", [token], peer: peer(gateway, sample))
        #expect(decision.summary == (sample == CertificateSample.plain ? "/" : "401 token_binding_failed"))
        #expect(decision.identity?.user == (sample == CertificateSample.plain ? "alice" : nil))
      }
    }
    #expect(try gateway.decide("GET /", [token], peer: gateway.peer()).summary == "401 token_binding_failed")
  }

  @Test func `a token that is bound to a key as well needs both, and a key can't be shown yet`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    for members: JSONObject in [
      ["jkt": .string("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")],
      ["x5t#S256": .string(Self.thumbprint), "jkt": .string("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")],
      ["x5t#S256": .string(Self.thumbprint), "kid": .string("1")], ["x5t#S256": .string(Self.fingerprint)], [:],
    ] {
      let decision = try gateway.decide("GET /", [try bound(members)], peer: peer(gateway, CertificateSample.plain))
      #expect(decision.summary == "401 token_binding_failed")
    }
  }

  @Test func `a bound token that has expired is told so, whoever bears it`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let token = try Gateway.bearer([
      "cnf": .object(["x5t#S256": .string(Self.thumbprint)]), "exp": .number(JSONNumber(Int(Gateway.now) - 1)),
    ])
    for sample in [nil, CertificateSample.plain] {
      #expect(try gateway.decide("GET /", [token], peer: peer(gateway, sample)).summary == "401 token_expired")
    }
  }

  // MARK: WebSockets

  static let handshake = [
    "Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
  ]

  @Test func `a WebSocket that a certificate opened depends on no token, and a bound token stays bound`() throws {
    let gateway = try Gateway(
      #"{ "path": "/", "upstream": "u" }, { "path": "/c", "upstream": "u", "auth": "certificate" }"#)
    let peer = try peer(gateway, CertificateSample.plain)
    let fields = Self.handshake + [try bound(["x5t#S256": .string(Self.thumbprint)])]
    for (path, hasWarrant) in [("/", true), ("/c", false)] {
      let head = try requestHead("GET \(path)", fields, gateway.policy)
      let decision = gateway.policy.decide(
        head, peer: peer, now: Gateway.now, authenticator: gateway.authenticator, revocations: .none
      ).decision
      guard case .forward(let plan) = decision else {
        Issue.record("\(decision.summary)")
        continue
      }
      var warrant = gateway.policy.warrant(of: plan, head, from: peer)
      #expect((warrant != nil) == hasWarrant)
      let reason = warrant?.judge(at: Gateway.now, by: gateway.authenticator, revocations: .none)
      #expect(reason == nil)
    }
  }
}
