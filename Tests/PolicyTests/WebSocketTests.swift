import Configuration
import HTTP
import JSON
import Policy
import Testing
import Tokens

/// The conditions under which a WebSocket stays open.
@Suite struct WebSocketTests {
  static let handshake = [
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]

  func warrant(_ route: String, _ fields: [String]) throws -> WebSocketWarrant? {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", \#(route) }"#)
    let head = try requestHead("GET /", Self.handshake + fields)
    let decision = gateway.policy.decide(
      head, peer: gateway.peer(), now: Gateway.now, authenticator: gateway.authenticator, revocations: .none
    ).decision
    guard case .forward(let plan) = decision else { return nil }
    let opens = plan.opensWebSocket(head)
    #expect(opens)
    return gateway.policy.warrant(of: plan, head, from: gateway.peer())
  }

  @Test(arguments: [
    (#""auth": "required""#, true), (#""auth": "optional""#, true),
    // A route that only reports refuses nobody, and one that asks for no token doesn't know when it ends.
    (#""auth": "report""#, false), (#""auth": "none""#, false),
    (#""websocket": { "outlive_token": true }"#, false), (#""websocket": { "outlive_token": false }"#, true),
    (#""websocket": true"#, true),
  ])
  func `it depends on the token that let it through`(route: String, depends: Bool) throws {
    let warrant = try warrant(route, [Gateway.bearer()])
    #expect((warrant != nil) == depends)
    if let warrant { #expect(warrant.expiresAt == Gateway.now + 60) }
  }

  @Test func `an anonymous one depends on none`() throws {
    #expect(try warrant(#""auth": "optional""#, []) == nil)
  }

  @Test func `a route may pass none on`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "none", "websocket": false }"#)
    let head = try requestHead("GET /", Self.handshake)
    let decision = gateway.policy.decide(
      head, peer: gateway.peer(), now: Gateway.now, authenticator: gateway.authenticator, revocations: .none
    ).decision
    guard case .forward(let plan) = decision else {
      Issue.record("it is not forwarded")
      return
    }
    let opens = plan.opensWebSocket(head)
    #expect(!opens)
  }

  @Test func `it is judged by the keys and the time that count by then`() throws {
    var warrant = try #require(try warrant(#""auth": "required""#, [Gateway.bearer()]))
    let same = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    #expect(warrant.judge(at: Gateway.now + 59, by: same.authenticator, revocations: .none) == nil)
    #expect(warrant.judge(at: Gateway.now + 60, by: same.authenticator, revocations: .none) == .tokenExpired)

    let key = try VerificationKey(
      secret: SharedSecret(Array("another secret, as long as it must be".utf8)), algorithms: [.hs256])
    let keys = try KeySet([key])
    let other = TrustedIssuer(name: Gateway.issuer, audience: .any, algorithms: [.hs256], keys: keys)
    let changed = try Authenticator(issuers: [other], policy: same.policy)
    #expect(warrant.judge(at: Gateway.now, by: changed, revocations: .none) == .signatureInvalid)
    let nobody = try Authenticator(issuers: [], policy: same.policy)
    #expect(warrant.judge(at: Gateway.now, by: nobody, revocations: .none) != nil)
  }

  @Test func `a leeway that has changed counts for it`() throws {
    var warrant = try #require(try warrant(#""auth": "required""#, [Gateway.bearer()]))
    let keys = try KeySet([try VerificationKey(secret: Gateway.secret, algorithms: [.hs256])])
    let lenient = TrustedIssuer(name: Gateway.issuer, audience: .any, algorithms: [.hs256], leeway: 5, keys: keys)
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let authenticator = try Authenticator(issuers: [lenient], policy: gateway.policy)
    #expect(warrant.judge(at: Gateway.now, by: authenticator, revocations: .none) == nil)
    #expect(warrant.expiresAt == Gateway.now + 65)
  }
}
