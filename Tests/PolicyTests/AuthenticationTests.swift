import Bytes
import HTTP
import JSON
import Policy
import Testing
import Tokens

/// The four kinds of `auth`.
@Suite struct AuthenticationTests {
  static let expired: [String: JSONValue?] = ["exp": .number(JSONNumber(1))]

  /// The identity that goes upstream and what is noted, or the refusal.
  func outcome(_ auth: String, _ field: String?, require: String = "") throws -> String {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "\#(auth)"\#(require) }"#)
    let decision = try gateway.decide("GET /", field.map { [$0] } ?? [])
    guard case .forward(let plan) = decision else { return decision.summary }
    let lines = plan.identityFields.text.split(separator: "\r\n").first.map(String.init) ?? "anonymous"
    return lines + (plan.wouldRefuse.map { " (\($0.word))" } ?? "")
  }

  @Test(arguments: [
    ("required", "401 token_missing", "401 token_malformed", "401 token_expired", "X-Auth-User: alice"),
    ("optional", "anonymous", "401 token_malformed", "401 token_expired", "X-Auth-User: alice"),
    (
      "report", "anonymous (token_missing)", "anonymous (token_malformed)", "anonymous (token_expired)",
      "X-Auth-User: alice"
    ),
    ("none", "anonymous", "anonymous", "anonymous", "anonymous"),
  ])
  func `no token, no token at all, an expired one, a good one`(
    auth: String, missing: String, malformed: String, expired: String, good: String
  ) throws {
    #expect(try outcome(auth, nil) == missing)
    #expect(try outcome(auth, "Authorization: Basic YTpi") == missing)
    #expect(try outcome(auth, "Authorization: Bearer") == malformed)
    #expect(try outcome(auth, try Gateway.bearer(Self.expired)) == expired)
    #expect(try outcome(auth, try Gateway.bearer()) == good)
  }

  @Test(arguments: [
    ("5", false, "subject is a number"), ("5.5", false, "subject is a number"), ("5", true, nil),
    ("5.5", true, "names no subject"), ("\"\"", false, "names no subject"), ("true", false, "is malformed"),
    ("\"alice\"", false, nil),
  ])
  func `a number as a subject is told to its sender`(
    subject: String, takesNumbers: Bool, description: String?
  ) throws {
    for name in ["sub", "uid"] {
      let claims = ClaimNames(subject: ClaimPath(name), takesNumericSubject: takesNumbers)
      let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#, claims: claims)
      let value = try JSONReader.parse(Array(subject.utf8).span, limits: .token)
      var all: [String: JSONValue?] = ["sub": .none]
      all.updateValue(value, forKey: name)
      let field = try Gateway.bearer(all)
      let fields = try gateway.decide("GET /", [field]).fields
      // A value that is no text and no number is found with the other claims' forms in 'sub' alone.
      let expected = name == "uid" && description == "is malformed" ? "names no subject" : description
      #expect(fields.contains("error_description") == (expected != nil), "\(fields)")
      if let expected { #expect(fields.contains(expected), "\(fields)") }
    }
  }

  @Test func `a route that says nothing of auth asks for a token`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    #expect(try gateway.decide("GET /").summary == "401 token_missing")
  }

  @Test func `a route that only reports says what require would have refused, and gives no identity`() throws {
    let require = #", "require": { "roles": ["admin"] }"#
    #expect(try outcome("report", try Gateway.bearer(), require: require) == "anonymous (role_missing)")
    let admin = try Gateway.bearer(["roles": .array([.string("admin")])])
    #expect(try outcome("report", admin, require: require) == "X-Auth-User: alice")
  }

  @Test func `a route that the gateway answers itself asks for a token too`() throws {
    let gateway = try Gateway(#"{ "exact": "/protected", "respond": { "status": 200, "json": { "a": 1 } } }"#)
    #expect(try gateway.decide("GET /protected").summary == "401 token_missing")
    guard case .answer(.fixed(let answer)) = try gateway.decide("GET /protected", [try Gateway.bearer()]) else {
      Issue.record("not answered")
      return
    }
    #expect(answer.status == 200)
    #expect(answer.body.span.text == #"{"a":1}"#)
    #expect(answer.fields.text == "Content-Type: application/json\r\n")
    #expect(answer.identity?.user == "alice")
  }

  @Test func `a redirect asks for a token too`() throws {
    let gateway = try Gateway(#"{ "path": "/", "redirect": { "status": 308, "location": "https://x.example/" } }"#)
    #expect(try gateway.decide("GET /").summary == "401 token_missing")
    let decision = try gateway.decide("GET /", [try Gateway.bearer()])
    #expect(decision.summary == "308 /")
    #expect(decision.fields == "Location: https://x.example/\r\n")
  }

  @Test func `a remembered token is judged by the clock each time`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    let bearer = try Gateway.bearer()
    #expect(try gateway.decide("GET /", [bearer]).identity?.user == "alice")
    #expect(try gateway.decide("GET /", [bearer], now: Gateway.now + 59).identity?.user == "alice")
    #expect(try gateway.decide("GET /", [bearer], now: Gateway.now + 60).summary == "401 token_expired")
  }

  @Test func `a token that differs in its last character is another token`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    var bearer = try Gateway.bearer()
    #expect(try gateway.decide("GET /", [bearer]).identity?.user == "alice")
    let last = bearer.removeLast()
    for other in "AEIMQUYcgkosw048" where other != last {
      #expect(try gateway.decide("GET /", [bearer + String(other)]).summary == "401 signature_invalid")
    }
  }
}
