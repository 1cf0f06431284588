import JSON
import Testing
import Tokens

/// Where issuers' tokens say whom they speak for, and what he may do.
@Suite struct `Claim names` {
  private static let claims: JSONObject = [
    "sub": .string("7"), "email": .string("ann@example.com"), "number": .number(JSONNumber(7)),
    "scp": .string("read write"),
    "realm_access": .object([
      "roles": .array([.string("admin"), .string("user")]), "deep": .object(["er": .string("x")]),
    ]),
    "https://example.com/roles": .array([.string("url")]), "a.b": .string("whole"),
    "a": .object(["b": .string("inner")]),
    "": .object(["": .string("empty")]), "list": .array([.object(["x": .string("y")])]),
  ]

  @Test(arguments: [
    ("email", "\"ann@example.com\""), ("realm_access.roles", #"["admin","user"]"#), ("realm_access.deep.er", "\"x\""),
    ("https://example.com/roles", #"["url"]"#), ("a.b", "\"whole\""), (".", "\"empty\""),
    ("realm_access.none", nil), ("realm_access.roles.0", nil), ("email.x", nil), ("none", nil), ("none.roles", nil),
    ("roles", nil), ("realm_access.", nil), ("list.x", nil), ("Email", nil),
  ])
  func `a claim of the whole name, or else a member of objects`(path: String, value: String?) throws {
    let expected = try value.map { try JSONReader.parse(Array($0.utf8).span, limits: .token) }
    #expect(ClaimPath(path).value(in: Self.claims) == expected)
  }

  private func verify(_ names: ClaimNames, _ payload: KeyValuePairs<String, String?>) throws -> Result<
    VerifiedToken, TokenRejection
  > {
    let sample = try Sample.issuer()
    let issuer = TrustedIssuer(
      name: sample.name, audience: sample.audience, algorithms: sample.algorithms, claims: names, keys: sample.keys)
    let verifier = try TokenVerifier(issuers: [issuer])
    do throws(TokenRejection) {
      return .success(try verifier.verify(Sample.token(Sample.header, Sample.payload(payload)).span, now: Sample.now))
    } catch {
      return .failure(error)
    }
  }

  private static let keycloak = ClaimNames(
    subject: ClaimPath("preferred_username"), roles: ClaimPath("realm_access.roles"), scope: ClaimPath("scp"))

  @Test func `a verified token speaks by the names of its issuer`() throws {
    let token = try verify(
      Self.keycloak,
      [
        "preferred_username": "\"ann\"", "realm_access": #"{"roles":["admin"]}"#, "scp": "\"read write\"",
        "roles": #"["root"]"#, "scope": "\"all\"",
      ]
    ).get()
    #expect(token.subject == "ann")
    #expect(token.roles == ["admin"])
    #expect(token.scopes == ["read", "write"])
  }

  @Test(arguments: [nil, "\"\"", "7", "[\"ann\"]", "null"])
  func `without a subject where the issuer has it, there is none`(subject: String?) throws {
    let outcome = try verify(Self.keycloak, ["preferred_username": subject])
    guard case .failure(.subjectMissing) = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  @Test(arguments: [
    #"{"roles":"admin"}"#, #"{"roles":["admin"]}"#, #"{"roles":["admin",1]}"#, #"{"roles":{}}"#, #"["roles"]"#, "null",
  ])
  func `roles that are no list of words are none`(value: String) throws {
    let token = try verify(Self.keycloak, ["preferred_username": "\"ann\"", "realm_access": value]).get()
    #expect(token.roles == (value.contains("admin\"") && !value.contains("1") ? ["admin"] : []))
    #expect(token.scopes == [])
  }

  @Test func `what upstreams are told under the usual names is what the issuer means`() {
    let names = Self.keycloak
    func value(_ name: String) -> JSONValue? { names.value(of: ClaimPath(name), in: Self.claims, subject: "ann") }
    #expect(value("sub") == .string("ann"))
    #expect(value("roles") == .array([.string("admin"), .string("user")]))
    #expect(value("scope") == .string("read write"))
    #expect(value("email") == .string("ann@example.com"))
    #expect(value("realm_access.deep.er") == .string("x"))
    #expect(value("iss") == nil)
  }
}
