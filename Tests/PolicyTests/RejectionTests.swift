import Bytes
import HTTP
import JSON
import Policy
import Testing
import Tokens

/// The form of refusals, and their order.
@Suite struct RejectionTests {
  func rejection(_ decision: Decision) throws -> Rejection {
    guard case .reject(let rejection) = decision else {
      Issue.record("not refused: \(decision.summary)")
      throw CancellationError()
    }
    return rejection
  }

  static let routes = #"""
    { "path": "/", "upstream": "u", "max_body": "1KiB" },
    { "path": "/admin", "upstream": "u", "require": { "roles": ["admin"], "scope": ["a:read", "a:write"] } },
    { "path": "/role", "upstream": "u", "require": { "roles": ["admin"] } },
    { "path": "/post", "upstream": "u", "methods": ["POST"], "host": "post.example.com" },
    { "path": "/inside", "upstream": "u", "allow_addresses": ["192.0.2.0/24"], "require": { "roles": ["admin"] } },
    { "path": "/small", "upstream": "u", "max_body": "4B", "require": { "roles": ["admin"] } }
    """#

  @Test(
    arguments: [
      ("/", nil, "401 Token is missing!", "token_missing", #"Bearer realm="portcullis""#),
      (
        "/", "Authorization: Bearer x", "401 Token is invalid!", "token_malformed",
        #"Bearer realm="portcullis", error="invalid_token", error_description="The token is malformed""#
      ),
      (
        "/admin", "A", "403 Forbidden!", "role_missing",
        #"Bearer realm="portcullis", error="insufficient_scope", scope="a:read a:write""#
      ),
      ("/role", "A", "403 Forbidden!", "role_missing", #"Bearer realm="portcullis", error="insufficient_scope""#),
      ("/inside", "A", "403 Forbidden!", "address_denied", nil),
    ] as [(String, String?, String, String, String?)])
  func `a refusal says what, why and how to do better`(
    path: String, field: String?, outcome: String, reason: String, challenge: String?
  ) throws {
    let gateway = try Gateway(Self.routes)
    let fields = try field.map { [$0 == "A" ? try Gateway.bearer() : $0] } ?? []
    let rejection = try rejection(try gateway.decide("GET \(path)", fields))
    #expect("\(rejection.status) \(rejection.message)" == outcome)
    let lines = rejection.fields.text.split(separator: "\r\n").map(String.init)
    #expect(lines == ["Content-Type: application/json"] + (challenge.map { ["WWW-Authenticate: \($0)"] } ?? []))
    var body = ByteBuffer()
    rejection.writeBody(requestID: Array("id-1".utf8).span, to: &body)
    #expect(body.text == "{\"message\":\"\(outcome.dropFirst(4))\",\"reason\":\"\(reason)\",\"request_id\":\"id-1\"}\n")
  }

  @Test func `refusals for the token's sake have the configured status and realm, others keep theirs`() throws {
    let auth = #""reject_status": 403, "realm": "my shop","#
    let gateway = try Gateway(Self.routes, auth: auth)
    let missing = try rejection(try gateway.decide("GET /"))
    #expect(missing.status == 403)
    #expect(missing.message.description == "Token is missing!")
    #expect(missing.fields.text.hasSuffix("WWW-Authenticate: Bearer realm=\"my shop\"\r\n"))
    #expect(try gateway.decide("GET /", ["Authorization: x"]).summary == "403 token_malformed")
    #expect(
      try gateway.decide("GET /", [try Gateway.bearer(), "Content-Length: 2000"]).summary == "413 body_too_large")
  }

  /// Each of these requests is wrong in all ways from some point of the order on.
  @Test(arguments: [
    ("POST /inside/x;y", ["Content-Length: 99999"], "400 ambiguous_parameters"),
    ("POST /inside%2Fx", ["Content-Length: 99999"], "400 encoded_slash"),
    ("GET /post", ["Host: post.example.com", "Content-Length: 99999"], "405 method_not_allowed"),
    ("POST /inside", ["Content-Length: 99999"], "403 address_denied"),
    ("POST /small", ["Content-Length: 99999"], "401 token_missing"),
    ("POST /small", ["Content-Length: 99999", "A"], "403 role_missing"),
    ("POST /small", ["Content-Length: 99999", "Admin"], "413 body_too_large"),
  ])
  func `a request is judged in the order 400, 404, 405, address, token, 403, 413`(
    request: String, fields: [String], summary: String
  ) throws {
    let routes = Self.routes.split(separator: "\n").dropFirst().joined(separator: "\n")
    let gateway = try Gateway(routes + #", { "exact": "/inside/x", "upstream": "u" }"#)
    let admin = try Gateway.bearer(["roles": .string("admin")])
    let filled = try fields.map { $0 == "A" ? try Gateway.bearer() : $0 == "Admin" ? admin : $0 }
    #expect(try gateway.decide(request, filled).summary == summary)
  }

  @Test(arguments: [
    ("Content-Length: 4", true), ("Content-Length: 5", false), ("Content-Length: 0", true),
    ("Content-Length: 9999999999999999", false), ("Transfer-Encoding: chunked", true), ("X-A: b", true),
  ])
  func `a body announced as too long is refused at once, a chunked one is counted later`(
    field: String, passes: Bool
  ) throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "none", "max_body": "4B" }"#)
    #expect(try gateway.decide("POST /", [field]).summary == (passes ? "/" : "413 body_too_large"))
    let unlimited = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "none", "max_body": "unlimited" }"#)
    #expect(try unlimited.decide("POST /", [field]).summary == "/")
  }

  @Test func `every word is there once, in words of one form, with a text and a status`() {
    let words = RejectionReason.allCases.map(\.word.description)
    #expect(Set(words).count == words.count)
    for reason in RejectionReason.allCases {
      #expect(reason.word.description.allSatisfy { $0 == "_" || $0 == "2" || $0.isLowercase })
      #expect(!reason.message.description.isEmpty)
      #expect(reason.message.description.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
      #expect((400..<600).contains(reason.status))
    }
  }

  @Test func `every reason against a token has the verifier's word, and a challenge`() throws {
    let words = RejectionReason.allCases.map(\.word.description)
    #expect(Array(words.prefix(TokenRejection.allCases.count)) == TokenRejection.allCases.map(\.rawValue))
  }

  @Test(arguments: [
    HeadRejection.malformedRequestLine, .malformedTarget, .ambiguousPath(.backslash), .targetTooLong,
    .unsupportedVersion, .connectRefused, .traceRefused, .malformedField, .headTooLarge, .tooManyFields, .missingHost,
    .repeatedHost,
    .malformedHost, .hostMismatch, .repeatedContentLength, .malformedContentLength, .malformedTransferEncoding,
    .conflictingFraming, .repeatedAuthorization, .unsupportedExpectation,
  ])
  func `a refused head keeps the parser's status, word and text, and closes`(head: HeadRejection) {
    let rejection = Rejection(head)
    #expect(rejection.status == head.status)
    #expect(rejection.reason.word.description == head.reason.description)
    #expect(rejection.reason.status == head.status)
    #expect(rejection.message.description == head.message.description)
    #expect(rejection.closes)
    #expect(rejection.fields.text.contains("Allow: ") == (head.status == 405))
  }

  @Test(arguments: RejectionReason.allCases.filter { $0.status == 503 })
  func `what mends itself says when to come again`(reason: RejectionReason) {
    #expect(Rejection(reason).fields.text.contains("\r\nRetry-After: "))
  }

  @Test(
    arguments: [
      ([:], "JWT", nil), (["exp": .number(JSONNumber(1))], "JWT", "token_expired"),
      (["exp": nil], "JWT", "expiry_missing"),
      (["nbf": .number(JSONNumber(2_000_000_000))], "JWT", "token_not_yet_valid"),
      (["iat": .number(JSONNumber(2_000_000_000))], "JWT", "issued_in_future"),
      (["iss": .string("https://evil.example/")], "JWT", "issuer_unknown"), (["iss": nil], "JWT", "issuer_unknown"),
      (["sub": nil], "JWT", "subject_missing"), (["sub": .string("")], "JWT", "subject_missing"),
      (["sub": nil, "user": .string("alice")], "JWT", "subject_missing"),
      (["iss": .array([.string(Gateway.issuer)])], "JWT", "token_malformed"),
      ([:], "refresh+jwt", "token_type_refused"),
    ] as [([String: JSONValue?], String, String?)])
  func `the verifier's reasons reach the answer`(claims: [String: JSONValue?], type: String, reason: String?) throws {
    let gateway = try Gateway(Self.routes)
    let field = "Authorization: Bearer \(try Gateway.token(claims, type: type))"
    #expect(try gateway.decide("GET /", [field]).summary == reason.map { "401 \($0)" } ?? "/")
  }
}
