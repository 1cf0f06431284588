import Configuration
import HTTP
import JSON
import Policy
import Testing
import Tokens

/// The endpoints of accounts among the routes.
@Suite struct HostedEndpointTests {
  static let accounts = #""accounts": { "store": "sqlite:a.db", "signing": { "secret_file": "s" }"#
  static let routes = #"""
    { "path": "/", "upstream": "u", "auth": "none" },
    { "path": "/login", "host": "example.com", "methods": ["GET"], "upstream": "u", "auth": "none" }
    """#

  func gateway(_ keys: String = "", top: String = "") throws -> Gateway {
    try Gateway(Self.routes, top: "\(Self.accounts) \(keys) }, \(top)")
  }

  @Test(
    arguments: [
      ("POST /register", "register"),
      ("POST /login", "login"),
      ("POST /./x/..//login?a=b", "login"),
      ("POST /%6Cogin", "login"),
      ("GET /login", "405 method_not_allowed"),
      ("HEAD /login", "405 method_not_allowed"),
      ("OPTIONS /login", "405 method_not_allowed"),
      ("POST /me", "405 method_not_allowed"),
      ("GET /me", "401 token_missing"),
      ("HEAD /me", "401 token_missing"),
      ("POST /login;a", "400 ambiguous_parameters"),
      ("GET /login;a", "400 ambiguous_parameters"),
      ("POST /login/", "/"),
      ("POST /loginx", "/"),
      ("POST /LOGIN", "/"),
      ("POST /", "/"),
    ])
  func `an endpoint comes before all routes, at exactly its path and with its methods`(
    request: String, summary: String
  ) throws {
    let gateway = try gateway()
    for host in ["example.com", "other.example.com"] {
      #expect(try gateway.decide(request, ["Host: \(host)"]).summary == summary)
    }
  }

  @Test(arguments: [("GET /register", "POST"), ("DELETE /login", "POST"), ("PUT /me", "GET, HEAD")])
  func `a method that an endpoint doesn't have is told those that it has`(request: String, allowed: String) throws {
    #expect(try gateway().decide(request).fields.contains("Allow: \(allowed)\r\n"))
  }

  @Test func `without accounts there are none`() throws {
    let gateway = try Gateway(Self.routes)
    #expect(try gateway.decide("POST /login").summary == "/")
    #expect(try gateway.decide("GET /me").summary == "/")
  }

  @Test(
    arguments: [
      ("GET /.well-known/jwks.json", "keySet"),
      ("HEAD /.well-known/jwks.json", "keySet"),
      ("GET /.well-known/openid-configuration", "discovery"),
      ("GET /auth/.well-known/jwks.json", "keySet"),
      ("GET /auth/.well-known/openid-configuration?a", "discovery"),
      ("POST /.well-known/jwks.json", "405 method_not_allowed"),
      ("GET /.well-known/jwks.json/", "/"),
      ("GET /.well-known/jwks", "/"),
    ])
  func `whoever asks is told of the keys, without a token`(request: String, summary: String) throws {
    let gateway = try gateway(#", "issuer": "https://gateway.test/auth/""#)
    #expect(try gateway.decide(request).summary == summary)
    #expect(try gateway.decide(request, ["Authorization: Bearer nonsense"]).summary == summary)
  }

  @Test func `there is nothing to discover of an issuer without a URL, and no key without anybody to sign`() throws {
    for keys in ["", #", "issuer": "the gateway""#] {
      #expect(try gateway(keys).decide("GET /.well-known/openid-configuration").summary == "/")
      #expect(try gateway(keys).decide("GET /.well-known/jwks.json").summary == "keySet")
    }
    #expect(try Gateway(Self.routes).decide("GET /.well-known/jwks.json").summary == "/")
    let asserting = try Gateway(Self.routes, auth: Self.assertion)
    #expect(try asserting.decide("GET /.well-known/jwks.json").summary == "keySet")
  }

  static let assertion =
    #""identity_assertion": { "header": "X-Auth-Assertion", "issuer": "https://gateway.test", "key_directory": "k" },"#

  @Test(
    arguments: ["X-Auth-Assertion", "x-auth-assertion", "X_AUTH_ASSERTION", "X.Auth.Assertion", "x-Auth_assertion"],
    ["/", "/open"])
  func `no client can send an assertion, in any spelling and on any route`(name: String, path: String) throws {
    let gateway = try Gateway(
      #"{ "path": "/", "upstream": "u" }, { "path": "/open", "upstream": "u", "auth": "none" }"#, auth: Self.assertion)
    for connection in ["X-Other", name] {
      let forwarded = try gateway.forwarded(
        "GET \(path)",
        [try Gateway.bearer(), "\(name): forged", "Connection: \(connection)", "X-Other: 1", "X-Kept: 1"])
      #expect(forwarded?.contains("forged") == false)
      #expect(forwarded?.contains("X-Kept: 1\r\n") == true)
    }
  }

  @Test func `an assertion is no access token`() throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#, auth: Self.assertion)
    for type in ["assertion+jwt", "application/assertion+jwt", "ASSERTION+JWT"] {
      let token = try Gateway.token(type: type)
      #expect(try gateway.decide("GET /", ["Authorization: \(token)"]).summary == "401 token_type_refused")
    }
  }

  @Test func `their paths can be moved`() throws {
    let gateway = try gateway(#", "paths": { "login": "/auth/login" }"#)
    #expect(try gateway.decide("POST /auth/login").summary == "login")
    #expect(try gateway.decide("POST /login").summary == "/")
    #expect(try gateway.decide("POST /register").summary == "register")
  }

  @Test func `a token of another issuer than the accounts is none for me`() throws {
    let own = try gateway(#", "issuer": "https://gateway.test""#)
    #expect(try own.decide("GET /me", [try Gateway.bearer()]).summary == "403 issuer_not_allowed")
    let unnamed = try gateway()
    #expect(try unnamed.decide("GET /me", [try Gateway.bearer()]).summary == "403 issuer_not_allowed")
  }

  @Test(arguments: [nil, "https://gateway.test"])
  func `a token of the accounts is one for me`(issuer: String?) throws {
    let gateway = try gateway(issuer.map { #", "issuer": "\#($0)""# } ?? "")
    let key = try VerificationKey(secret: Gateway.secret, algorithms: [.hs256])
    let issuers = [
      TrustedIssuer(
        name: issuer, audience: .absent, algorithms: [.hs256], acceptsUserClaim: true, keys: try KeySet([key]))
    ]
    let authenticator = try Authenticator(issuers: issuers, policy: gateway.policy)
    let claims: [String: JSONValue?] = ["iss": issuer.map(JSONValue.string), "sub": nil, "user": .string("bob")]
    let head = try requestHead("GET /me", [try Gateway.bearer(claims)])
    let decision = gateway.policy.decide(
      head, peer: gateway.peer(), now: Gateway.now, authenticator: authenticator, revocations: .none
    ).decision
    #expect(decision.summary == "me")
    #expect(decision.identity?.user == "bob")
  }

  @Test func `a body over 16 KiB is refused by its length`() throws {
    let gateway = try gateway()
    #expect(try gateway.decide("POST /login", ["Content-Length: 16384"]).summary == "login")
    #expect(try gateway.decide("POST /login", ["Content-Length: 16385"]).summary == "413 body_too_large")
  }

  @Test func `a page of a listed origin may ask for and read them`() throws {
    let gateway = try gateway(top: #""cors": { "origins": ["https://app.test"] },"#)
    let origin = "Origin: https://app.test"
    let grant = "Access-Control-Allow-Origin: https://app.test\r\n"
    let question = try gateway.decide("OPTIONS /login", [origin, "Access-Control-Request-Method: POST"])
    #expect(question.summary == "204 /login")
    #expect(question.fields.contains(grant))
    #expect(question.fields.contains("Access-Control-Allow-Methods: POST\r\n"))
    #expect(try gateway.decide("POST /login", [origin]).fields.contains(grant))
    #expect(try gateway.decide("GET /login", [origin]).fields.contains(grant))
    #expect(try gateway.decide("GET /me", [origin]).fields.contains(grant))
    let me = try gateway.decide("OPTIONS /me", [origin, "Access-Control-Request-Method: GET"])
    #expect(me.fields.contains("Access-Control-Allow-Methods: GET, HEAD\r\n"))
    #expect(try !gateway.decide("POST /login", ["Origin: https://evil.test"]).fields.contains("Access-Control-Allow"))
  }

  @Test func `a refusal may say more, safely, and when to come again`() throws {
    let gateway = try gateway()
    guard case .answer(.hosted(let call)) = try gateway.decide("POST /login") else {
      Issue.record("no hosted endpoint")
      return
    }
    let told = gateway.policy.rejection(.invalidBody, of: call, details: "no \"x\"\r\n")
    #expect(told.body == #"{"message":"no \"x\"\r\n","reason":"invalid_body","request_id":"1"}"# + "\n")
    let slowed = gateway.policy.rejection(.loginThrottled, of: call, retryAfter: 7)
    #expect(slowed.fields.text.contains("Retry-After: 7\r\n"))
    let busy = gateway.policy.rejection(.accountsBusy, of: call)
    #expect(busy.fields.text.contains("Retry-After: 2\r\n"))
    let wrong = gateway.policy.rejection(.credentialsInvalid, of: call)
    #expect(wrong.status == 401)
    #expect(wrong.fields.text.contains("WWW-Authenticate: Bearer realm=\"portcullis\"\r\n"))
  }
}
