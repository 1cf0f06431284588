import JSON
import Policy
import Testing

/// `require`: what those who are known must show.
@Suite struct RequirementTests {
  static func strings(_ words: String...) -> JSONValue { .array(words.map { .string($0) }) }

  @Test(
    arguments: [
      (#""roles": ["a", "b"]"#, ["roles": strings("b", "a", "c")], nil),
      (#""roles": ["a", "b"]"#, ["roles": strings("a")], "role_missing"),
      (#""roles": ["a"]"#, ["roles": .string("a")], nil), (#""roles": ["a"]"#, [:], "role_missing"),
      (#""roles": ["a"]"#, ["roles": strings("A")], "role_missing"),
      (#""roles": ["a"]"#, ["roles": .array([.string("a"), .number(JSONNumber(1))])], "role_missing"),
      (#""claims": { "roles": "a" }"#, ["roles": .array([.string("a"), .number(JSONNumber(1))])], "claim_mismatch"),
      (#""claims": { "roles": "a" }"#, ["roles": strings("b", "a")], nil),
      (#""roles": ["a"]"#, ["roles": .object(["b": .null, "a": .object(["o": .string("x")])])], nil),
      (#""roles": ["a"]"#, ["roles": .object(["b": .string("a")])], "role_missing"),
      (#""roles": ["ab"]"#, ["roles": strings("a", "b")], "role_missing"),
      (#""any_role": ["a", "b"]"#, ["roles": strings("b")], nil),
      (#""any_role": ["a", "b"]"#, ["roles": strings("c")], "role_missing"),
      (#""scope": ["r", "w"]"#, ["scope": .string("w r")], nil),
      (#""scope": ["r", "w"]"#, ["scope": strings("r", "w")], nil),
      (#""scope": ["r", "w"]"#, ["scope": strings("r w")], nil),
      (#""scope": ["r"]"#, ["scope": .array([.string("r"), .null])], "scope_missing"),
      (#""scope": ["r"]"#, ["scope": .string("r\u{A0}w")], "scope_missing"),
      (#""scope": ["r"]"#, ["scope": .object(["r": .null])], "scope_missing"),
      (#""scope": ["r", "w"]"#, ["scope": .string("r")], "scope_missing"),
      // A scope is a word, not a prefix of one.
      (#""scope": ["/john"]"#, ["scope": .string("/johnny")], "scope_missing"),
      (#""scope": ["/johnny"]"#, ["scope": .string("/john")], "scope_missing"),
      (#""claims": { "org": "x" }"#, ["org": .string("x")], nil),
      (#""claims": { "org": "x" }"#, ["org": .string("y")], "claim_mismatch"),
      (#""claims": { "org": "x" }"#, [:], "claim_mismatch"),
      (#""claims": { "org": ["x", "y"] }"#, ["org": .string("y")], nil),
      (#""claims": { "org": "x" }"#, ["org": strings("w", "x")], nil),
      (#""claims": { "org": "x" }"#, ["org": strings("w")], "claim_mismatch"),
      (#""claims": { "n": 1, "f": true }"#, ["n": .number(JSONNumber(1)), "f": .bool(true)], nil),
      (#""claims": { "n": 1 }"#, ["n": .string("1")], "claim_mismatch"),
      (#""claims": { "n": [1.5, 0] }"#, ["n": .array([.string("x"), .number(JSONNumber(0))])], nil),
      (#""claims": { "n": [1, 9007199254740991] }"#, ["n": .number(JSONNumber(9_007_199_254_740_991))], nil),
      (#""claims": { "n": 9007199254740991 }"#, ["n": .number(JSONNumber(9_007_199_254_740_992))], "claim_mismatch"),
      (#""claims": { "n": "x", "m": "y" }"#, ["n": .string("y"), "m": .string("x")], "claim_mismatch"),
      (#""claims": { "sub": "alice" }"#, [:], nil), (#""claims": { "sub": "bob" }"#, [:], "claim_mismatch"),
      (#""claims": { "a.b": "x" }"#, ["a": .object(["b": strings("x")])], nil),
      (#""claims": { "n": 1 }"#, ["n": .bool(true)], "claim_mismatch"),
      (#""claims": { "org": "x" }"#, ["org": .object(["x": .string("x")])], "claim_mismatch"),
      (#""issuer": "https://login.example.com/""#, [:], nil),
      (#""issuer": "https://other.example.com/""#, [:], "issuer_not_allowed"),
      // The first that fails, in the order of the contract.
      (#""roles": ["a"], "scope": ["r"], "claims": { "org": "x" }"#, [:], "role_missing"),
      (#""scope": ["r"], "claims": { "org": "x" }"#, [:], "scope_missing"),
      (#""claims": { "org": "x" }, "issuer": "https://other.example.com/""#, [:], "claim_mismatch"),
    ] as [(String, [String: JSONValue?], String?)])
  func `a token meets a requirement or not`(require: String, claims: [String: JSONValue?], reason: String?) throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "require": { \#(require) } }"#)
    let decision = try gateway.decide("GET /", [try Gateway.bearer(claims)])
    #expect(decision.summary == reason.map { "403 \($0)" } ?? "/")
    // Refused or not, who asked is known.
    #expect(decision.identity?.user == "alice")
  }

  @Test func `what one route refused says nothing about the next`() throws {
    let gateway = try Gateway(
      #"""
      { "path": "/", "upstream": "u" }, { "path": "/admin", "upstream": "u", "require": { "roles": ["admin"] } }
      """#)
    let bearer = try Gateway.bearer()
    for _ in 0..<2 {
      #expect(try gateway.decide("GET /", [bearer]).summary == "/")
      #expect(try gateway.decide("GET /admin", [bearer]).summary == "403 role_missing")
    }
  }
}
