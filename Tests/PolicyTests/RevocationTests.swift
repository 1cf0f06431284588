import HTTP
import JSON
import Policy
import Testing

@Suite struct RevocationTests {
  static let issued = Int(Gateway.now) - 30

  /// A request with a token of `alice` for her session `s1`, and the same with other claims.
  static func fields(_ claims: [String: JSONValue?] = [:]) throws -> [String] {
    let own: [String: JSONValue?] = ["sid": .string("s1"), "iat": .number(JSONNumber(issued))]
    return [try Gateway.bearer(own.merging(claims) { $1 })]
  }

  static func holder(_ name: String, of issuer: String? = Gateway.issuer) -> Revocations.Holder {
    Revocations.Holder(issuer: issuer, name: name)
  }

  static let session = Revocations(sessions: [holder("s1")])

  @Test func `a token that the cache knows is refused from the moment of its revocation on, and good again without`()
    throws
  {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let fields = try Self.fields()
    for _ in 0..<2 { #expect(try gateway.decide("GET /", fields).summary == "/") }
    for _ in 0..<2 {
      #expect(try gateway.decide("GET /", fields, revocations: Self.session).summary == "401 token_revoked")
    }
    #expect(try gateway.decide("GET /", fields).summary == "/", "what was revoked is not remembered with the token")
  }

  @Test func `a token that is revoked before it is first seen is refused`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let fields = try Self.fields()
    let decision = try gateway.decide("GET /", fields, revocations: Self.session)
    #expect(decision.summary == "401 token_revoked")
    #expect(decision.identity == nil)
    #expect(decision.fields.contains(#"WWW-Authenticate: Bearer realm="portcullis", error="invalid_token""#))
  }

  @Test(arguments: [
    (Revocations.none, false), (Revocations(sessions: [holder("s1")]), true),
    (Revocations(sessions: [holder("s2")]), false), (Revocations(sessions: [holder("S1")]), false),
    (Revocations(sessions: [holder("s1", of: Gateway.otherIssuer)]), false),
    (Revocations(sessions: [holder("s1", of: nil)]), false),
    (Revocations(sessions: [holder("alice")]), false),
    (Revocations(users: [holder("alice"): Gateway.now]), true),
    (Revocations(users: [holder("alice"): Double(issued)]), false),
    (Revocations(users: [holder("alice"): Double(issued) + 0.5]), true),
    (Revocations(users: [holder("alice"): Double(issued) - 1]), false),
    (Revocations(users: [holder("bob"): Gateway.now]), false),
    (Revocations(users: [holder("s1"): Gateway.now]), false),
    (Revocations(users: [holder("alice", of: Gateway.otherIssuer): Gateway.now]), false),
    (Revocations(sessions: [holder("s2")], users: [holder("alice"): Gateway.now]), true),
  ])
  func `a session is refused by issuer and sid, a user by issuer, subject and time`(
    revocations: Revocations, isRefused: Bool
  ) throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let fields = try Self.fields()
    for _ in 0..<2 {
      let decision = try gateway.decide("GET /", fields, revocations: revocations)
      #expect(decision.summary == (isRefused ? "401 token_revoked" : "/"))
    }
  }

  @Test(
    arguments: [
      (["iat": nil], Revocations(users: [holder("alice"): 1]), true),
      (["iat": nil], session, true),
      (["sid": nil], session, false),
      (["sid": .string("")], Revocations(sessions: [holder("")]), false),
      (["sid": .number(JSONNumber(1))], Revocations(sessions: [holder("1")]), false),
      (["sub": .string("e\u{301}")], Revocations(users: [holder("\u{E9}"): Gateway.now]), false),
      (["sub": .string("e\u{301}")], Revocations(users: [holder("e\u{301}"): Gateway.now]), true),
    ] as [([String: JSONValue?], Revocations, Bool)])
  func `a token without a time counts as old, one without a session belongs to none, names are compared by their bytes`(
    claims: [String: JSONValue?], revocations: Revocations, isRefused: Bool
  ) throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let decision = try gateway.decide("GET /", try Self.fields(claims), revocations: revocations)
    #expect(decision.summary == (isRefused ? "401 token_revoked" : "/"))
  }

  @Test(arguments: [(true, false), (false, true)])
  func `tokens of sessions can be spared, because those are revoked one by one`(hasSession: Bool, isRefused: Bool)
    throws
  {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let fields = try Self.fields(hasSession ? [:] : ["sid": nil])
    let revocations = Revocations([.init(Self.holder("alice"), .userWithoutSession(before: Gateway.now))])
    let decision = try gateway.decide("GET /", fields, revocations: revocations)
    #expect(decision.summary == (isRefused ? "401 token_revoked" : "/"))
  }

  @Test(arguments: [("optional", "401 token_revoked"), ("report", "/"), ("none", "/")])
  func `a revoked token is a bad token to every kind of route`(kind: String, outcome: String) throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "\#(kind)" }"#)
    let decision = try gateway.decide("GET /", try Self.fields(), revocations: Self.session)
    #expect(decision.summary == outcome)
    #expect(decision.identity == nil)
    #expect(decision.reason == (kind == "none" ? nil : .tokenRevoked))
  }

  @Test func `an open WebSocket is judged by what is revoked by now`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "websocket": true }"#)
    let head = try requestHead("GET /", try Self.fields(), gateway.policy)
    let decision = gateway.policy.decide(
      head, peer: gateway.peer(), now: Gateway.now, authenticator: gateway.authenticator, revocations: .none
    ).decision
    guard case .forward(let plan) = decision,
      var warrant = gateway.policy.warrant(of: plan, head, from: gateway.peer())
    else { throw Unexpected() }
    #expect(warrant.judge(at: Gateway.now, by: gateway.authenticator, revocations: .none) == nil)
    #expect(warrant.judge(at: Gateway.now, by: gateway.authenticator, revocations: Self.session) == .tokenRevoked)
  }

  struct Unexpected: Error {}

  @Test func `an explanation names the revocation`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let explainer = Explainer(
      gateway.policy, configuration: gateway.configuration, authenticator: gateway.authenticator,
      revocations: Self.session, now: Gateway.now)
    let head = try requestHead("GET /", try Self.fields(), gateway.policy)
    let explanation = explainer.explain(head, peer: gateway.peer(), requestID: RequestID(high: 1, low: 2))
    let steps = explanation.sections.flatMap(\.steps).filter { $0.mark == .failed(.tokenRevoked) }
    #expect(steps.map(\.name) == ["revocation"])
    #expect(explanation.decision.summary == "401 token_revoked")
  }
}
