import HTTP
import JSON
import Policy
import Testing
import Tokens

/// The identity fields that upstreams get.
@Suite struct IdentityTests {
  func lines(_ claims: [String: JSONValue?], headers: String) throws -> [String] {
    let gateway = try Gateway(
      #"{ "path": "/", "upstream": "u" }"#, auth: "\"identity_headers\": { \(headers) },")
    guard case .forward(let plan) = try gateway.decide("GET /", [try Gateway.bearer(claims)]) else {
      return ["refused"]
    }
    return plan.identityFields.text.split(separator: "\r\n").map(String.init)
  }

  @Test func `the fields come in the order of the configuration, absent claims left out`() throws {
    let claims: [String: JSONValue?] = ["roles": .array([.string("user"), .string("admin")]), "scope": .string("a b")]
    #expect(
      try lines(
        claims,
        headers: #""X-Auth-Scope": "scope", "X-Auth-User": "sub", "X-Auth-Org": "org", "X-Auth-Roles": "roles""#)
        == ["X-Auth-Scope: a b", "X-Auth-User: alice", "X-Auth-Roles: user,admin"])
  }

  @Test func `the usual names mean what the issuer means by them, and a dot leads into an object`() throws {
    let gateway = try Gateway(
      #"""
      { "path": "/", "upstream": "u", "require": { "roles": ["admin"], "scope": ["read"], "claims": { "org.id": [7] } } }
      """#,
      auth: #""identity_headers": { "X-U": "sub", "X-R": "roles", "X-S": "scope", "X-O": "org.id", "X-Own": "x.y" },"#)
    let names = ClaimNames(
      subject: ClaimPath("email"), roles: ClaimPath("realm_access.roles"), scope: ClaimPath("https://example.com/scope")
    )
    let key = try VerificationKey(secret: Gateway.secret, algorithms: [.hs256])
    let issuer = TrustedIssuer(
      name: Gateway.issuer, audience: .any, algorithms: [.hs256], claims: names, keys: try KeySet([key]))
    let authenticator = try Authenticator(issuers: [issuer], policy: gateway.policy)
    func decide(_ claims: [String: JSONValue?]) throws -> Decision {
      gateway.policy.decide(
        try requestHead("GET /", [try Gateway.bearer(claims)]), peer: gateway.peer(), now: Gateway.now,
        authenticator: authenticator, revocations: .none
      ).decision
    }
    let good: [String: JSONValue?] = [
      "email": .string("ann@example.com"), "realm_access": .object(["roles": .array([.string("admin")])]),
      "https://example.com/scope": .string("read write"), "org": .object(["id": .number(JSONNumber(7))]),
      "x.y": .string("z"), "roles": .string("root"), "scope": .string("all"),
    ]
    guard case .forward(let plan) = try decide(good) else {
      Issue.record("refused: \(try decide(good).summary)")
      return
    }
    #expect(
      plan.identityFields.text.split(separator: "\r\n") == [
        "X-U: ann@example.com", "X-R: admin", "X-S: read write", "X-O: 7", "X-Own: z",
      ])
    let lacks: [(String, JSONValue?, RejectionReason)] = [
      ("email", nil, .subjectMissing), ("realm_access", .object(["roles": .string("user")]), .roleMissing),
      ("realm_access", nil, .roleMissing), ("https://example.com/scope", .string("write"), .scopeMissing),
      ("org", .object(["id": .number(JSONNumber(8))]), .claimMismatch), ("org", .string("7"), .claimMismatch),
    ]
    for (name, value, reason) in lacks {
      #expect(try decide(good.merging([name: value]) { $1 }).reason == reason, "\(name)")
    }
  }

  @Test(
    arguments: [
      (.string("plain"), "plain"), (.string("a b"), "a b"), (.string("a,b"), "a,b"), (.string("100%"), "100%25"),
      (.string("%41"), "%2541"), (.string(" a "), "%20a%20"), (.string("  "), "%20%20"), (.string("\ta"), "%09a"),
      (.string("a\r\nX-Auth-User: root"), "a%0D%0AX-Auth-User: root"), (.string("a\u{0}b"), "a%00b"),
      (.string("a\u{7F}"), "a%7F"), (.string("Zoë"), "Zo%C3%AB"), (.string("日"), "%E6%97%A5"), (.string(""), ""),
      (.string("a\"b\\c;d=e"), "a\"b\\c;d=e"),
      (.array([.string("a"), .string("b")]), "a,b"), (.array([.string("a,b"), .string(" c")]), "a%2Cb,%20c"),
      (.array([.string("a"), .number(JSONNumber(7)), .bool(true)]), "a,7,true"), (.array([]), ""),
      (.array([.string("a"), .object(["b": .null]), .null, .array([.string("c")])]), "a"),
      (.number(JSONNumber(42)), "42"), (.number(JSONNumber(-1)), "-1"), (.bool(true), "true"), (.bool(false), "false"),
      (.object(["a": .string("b")]), nil), (.null, nil),
    ] as [(JSONValue, String?)])
  func `a claim becomes a value that no parser can take for anything else`(claim: JSONValue, value: String?) throws {
    #expect(try lines(["c": claim], headers: #""X-C": "c""#) == (value.map { ["X-C: \($0)"] } ?? []))
  }

  @Test(
    arguments: [
      (.string("a,b"), "a%2Cb"), (.array([.string("a,b"), .string("c")]), "a%2Cb,c"), (.array([]), ""),
      (.array([.string("admin"), .number(JSONNumber(1))]), nil), (.array([.string("a"), .array([])]), nil),
      (.number(JSONNumber(7)), nil), (.bool(true), nil), (.null, nil),
    ] as [(JSONValue, String?)])
  func `roles and scope have one form, however they came`(claim: JSONValue, value: String?) throws {
    #expect(
      try lines(["roles": claim, "scope": claim], headers: #""X-R": "roles", "X-S": "scope""#)
        == (value.map { ["X-R: \($0)", "X-S: \($0)"] } ?? []))
  }

  @Test(arguments: [
    "281674916028284930", "-281674916028284930", "1e999", "0.1000000000000000000000000000000000000000001",
    "123456789012345678901234567890123456789012345678901234567890",
  ])
  func `a number is told to its last digit`(text: String) throws {
    let value = try JSONReader.parse(Array(text.utf8).span, limits: .token)
    #expect(try lines(["user_id": value], headers: #""X-C": "user_id""#) == ["X-C: \(text)"])
    #expect(try lines(["user_id": .array([value, value])], headers: #""X-C": "user_id""#) == ["X-C: \(text),\(text)"])
  }

  @Test func `an object of roles is told by its names, and a scope as it was written`() throws {
    let claims: [String: JSONValue?] = [
      "roles": .object(["admin": .object(["1": .string("x")]), "b,c": .null]),
      "scope": .array([.string("a b"), .string("c")]),
    ]
    #expect(
      try lines(claims, headers: #""X-R": "roles", "X-S": "scope""#) == ["X-R: admin,b%2Cc", "X-S: a b,c"])
    #expect(try lines(["scope": .object(["a": .null])], headers: #""X-S": "scope""#) == [])
  }

  @Test func `a name without a dot is that of a claim at the top`() throws {
    #expect(try lines(["a": .object(["b": .string("c")])], headers: #""X-B": "b", "X-C": "a""#) == [])
  }
}
