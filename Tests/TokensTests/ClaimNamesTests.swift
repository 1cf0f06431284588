import JSON
import Testing
import Tokens

/// The claims of issuers' tokens that hold the subject, the roles and the scope.
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
    #"{"roles":{"admin":{"o1":"example.com"}}}"#,
  ])
  func `roles that are no list of words are none`(value: String) throws {
    let token = try verify(Self.keycloak, ["preferred_username": "\"ann\"", "realm_access": value]).get()
    #expect(token.roles == (value.contains("admin\"") && !value.contains(",1") ? ["admin"] : []))
    #expect(token.scopes == [])
  }

  @Test func `what upstreams are told under the usual names is what the issuer means`() throws {
    let payload: KeyValuePairs<String, String?> = [
      "preferred_username": "\"ann\"", "sub": "\"7\"", "realm_access": #"{"roles":["admin","user"]}"#,
      "deep": #"{"er":"x"}"#,
      "scp": "\"read write\"", "roles": "\"root\"", "scope": "\"all\"", "list": "[1]",
    ]
    let reading = try verify(Self.keycloak, payload).get().reading
    func meaning(_ name: String) -> ClaimMeaning { reading.meaning(of: ClaimPath(name)) }
    for name in ["sub", "preferred_username"] { #expect(meaning(name) == .value(.string("ann"))) }
    for name in ["roles", "realm_access.roles"] { #expect(meaning(name) == .words(["admin", "user"])) }
    for name in ["scope", "scp"] { #expect(meaning(name) == .word("read write")) }
    #expect(meaning("deep.er") == .value(.string("x")))
    #expect(meaning("list") == .value(.array([.number(JSONNumber(1))])))
    #expect(meaning("none") == .nothing)
  }

  @Test(arguments: [
    ("7", nil), ("281674916028284930", nil), ("123456789012345678901234567890123456789", nil), ("-7", nil), ("0", nil),
    ("1.0", TokenRejection.subjectMissing), ("1e3", .subjectMissing), ("-0", .subjectMissing),
    ("true", .subjectMissing),
    ("[7]", .subjectMissing), ("\"7\"", nil), ("\"\"", .subjectMissing),
  ])
  func `a whole number names the subject where the issuer says so`(value: String, reason: TokenRejection?) throws {
    for (name, path) in [("sub", ClaimPath("sub")), ("user_id", ClaimPath("user_id"))] {
      let names = ClaimNames(subject: path, takesNumericSubject: true)
      switch try verify(names, [name: value]) {
      case .success(let token):
        #expect(reason == nil && token.subject == value.filter { $0 != "\"" })
        // By a name of the issuer's own it is what the token says: a route may ask for the number.
        let json = try JSONReader.parse(Array(value.utf8).span, limits: .token)
        #expect(token.reading.meaning(of: path) == .value(name == "sub" ? .string(token.subject) : json))
      case .failure(let rejection):
        #expect(rejection == reason || name == "sub" && reason != nil && rejection == .malformed, "\(name)")
      }
    }
  }

  @Test(arguments: [("sub", TokenRejection.malformed), ("user_id", .subjectMissing)])
  func `elsewhere a number is no subject, and the refusal says so`(name: String, reason: TokenRejection) throws {
    let sample = try Sample.issuer()
    let issuer = TrustedIssuer(
      name: sample.name, audience: sample.audience, algorithms: sample.algorithms,
      claims: ClaimNames(subject: ClaimPath(name)), keys: sample.keys)
    let numeric = TrustedIssuer(
      name: "https://other.example/", audience: .any, algorithms: [.hs256],
      claims: ClaimNames(takesNumericSubject: true),
      keys: sample.keys)
    let token = Sample.token(Sample.header, Sample.payload([name: "42"]))
    let verifier = try TokenVerifier(issuers: [numeric, issuer])
    let inspection = TokenInspection(token.span, verifier: verifier, now: Sample.now)
    #expect(inspection.verdict == reason)
    let sentence = inspection.checks.first { $0.outcome == .failed }?.sentence
    #expect(sentence?.hasPrefix("'\(name)' is a number; a subject is a string") == true)
  }
}
