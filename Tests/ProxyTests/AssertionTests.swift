import Bytes
import Configuration
import Cryptography
import HTTP
import JSON
import Policy
import Testing
import Tokens

@testable import Proxy

/// The assertions that are signed for upstreams, and the time for which they are kept.
@Suite struct AssertionTests {
  static let now = 1_735_689_600.25
  static let secret = SharedSecret(Array("a secret that is long enough for sha-256".utf8))

  let configuration: GatewayConfiguration
  let policy: Policy
  let authenticator: Authenticator
  let key: SigningKey

  init() throws { try self.init(try Self.load("")) }

  private init(_ configuration: GatewayConfiguration) throws {
    let policy = try Policy(configuration)
    let verification = try VerificationKey(secret: Self.secret, algorithms: [.hs256])
    let issuer = TrustedIssuer(
      name: "https://issuer.test", audience: .any, algorithms: [.hs256], keys: try KeySet([verification]))
    let authenticator = try Authenticator(issuers: [issuer], policy: policy)
    let key = try SigningKey(algorithm: .es256, privateKey: try PrivateKey.generate(.ellipticCurve(.p256)))
    self.configuration = configuration
    self.policy = policy
    self.authenticator = authenticator
    self.key = key
  }

  /// - Parameter keys: further ones of `identity_assertion`, with a comma before them.
  static func load(_ keys: String) throws -> GatewayConfiguration {
    let text = """
      { "listen": ["127.0.0.1:0"],
        "auth": {
          "identity_assertion": { "header": "X-A", "issuer": "https://gate.test", "key_directory": "k"\(keys) },
          "issuers": [{ "issuer": "https://issuer.test", "audience": "any", "secret_file": "s" }] },
        "upstreams": { "u": { "servers": ["127.0.0.1:1"] }, "v": { "servers": ["127.0.0.1:2"] } },
        "routes": [{ "path": "/", "upstream": "u" }, { "path": "/v", "upstream": "v", "strip_prefix": "/v" },
          { "path": "/open", "upstream": "u", "auth": "none" }] }
      """
    let loaded = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    #expect(loaded.diagnostics.map(\.description) == [])
    return try #require(loaded.configuration)
  }

  func maker() throws -> AssertionMaker {
    try AssertionMaker(try #require(configuration.auth.identityAssertion), of: configuration, key: key)
  }

  static func token(_ user: String = "alice", life: Int = 3600) throws -> String {
    let claims: JSONObject = [
      "iss": .string("https://issuer.test"), "sub": .string(user), "exp": .number(JSONNumber(Int(now) + life)),
    ]
    let signer = try TokenSigner(algorithm: .hs256, secret: secret)
    return String(decoding: try signer.sign(claims), as: UTF8.self)
  }

  /// The assertion that goes upstream with a request; nil if there is none.
  func assertion(
    _ maker: AssertionMaker, _ request: String, _ token: String, after seconds: Double = 0
  ) throws -> String? {
    let text = "\(request) HTTP/1.1\r\nHost: example.com:80\r\nAuthorization: \(token)\r\n\r\n"
    let head = try Self.head(text)
    let peer = Peer(address: IPAddress("203.0.113.9"), scheme: .http, trustedProxies: policy.trustedProxies)
    let decision = policy.decide(
      head, peer: peer, now: Self.now + seconds, authenticator: authenticator, revocations: .none
    ).decision
    var plan = try Self.plan(decision)
    let isSigned = maker.complete(&plan, for: head, now: Self.now + seconds)
    #expect(isSigned)
    return Self.assertion(in: plan.assertedFields?.text ?? "")
  }

  static func assertion(in lines: String) -> String? {
    let name = "X-A: "
    let line = lines.split(separator: "\r\n").first { $0.hasPrefix(name) }
    return line.map { String($0.dropFirst(name.count)) }
  }

  static func plan(_ decision: Decision) throws -> ForwardPlan {
    switch decision {
    case .forward(let plan): return plan
    case .answer, .reject: throw NotForwarded()
    }
  }

  static func head(_ text: String) throws -> RequestHead {
    var parser = RequestHeadParser()
    var head = RequestHead()
    let outcome = parser.parse(Array(text.utf8).span, into: &head)
    if outcome != .complete(byteCount: text.utf8.count) { throw NotForwarded() }
    return head
  }

  struct NotForwarded: Error {}

  func claims(_ assertion: String?, after seconds: Double = 0) throws -> JSONObject {
    let own = TrustedIssuer(
      name: "https://gate.test", audience: .any, algorithms: [.es256], keys: try KeySet([try key.verificationKey()]))
    let text = try #require(assertion)
    // As an access token it would not do for its type alone; so the type is looked at, and the rest verified by hand.
    let verifier = try TokenVerifier(issuers: [own])
    let bytes = Array(text.utf8)
    let inspection = TokenInspection(bytes.span, verifier: verifier, now: Self.now + seconds)
    #expect(inspection.verdict == .typeRefused)
    var payload: [UInt8] = []
    let parts = text.split(separator: ".")
    let isText = Base64URL.decode(Array(parts[1].utf8).span, into: &payload)
    #expect(isText)
    let value = try JSONReader.parse(payload.span)
    return try #require(value.object)
  }

  @Test func `one is made for a token and an upstream, and kept for half of its time`() throws {
    let maker = try maker()
    let (alice, bob) = (try Self.token("alice"), try Self.token("bob"))
    let first = try assertion(maker, "GET /a", alice)
    #expect(try assertion(maker, "POST /b?c", alice, after: 29.7) == first)
    #expect(try assertion(maker, "GET /a", bob, after: 1) != first)
    #expect(try assertion(maker, "GET /v/a", alice, after: 1) != first)
    #expect(try assertion(maker, "GET /a", alice, after: 2) == first)
    let second = try assertion(maker, "GET /a", alice, after: 30)
    #expect(second != first)
    #expect(try assertion(maker, "GET /a", alice, after: 40) == second)
    #expect(try claims(first)["iat"]?.number?.integer == Int(Self.now))
    #expect(try claims(first)["exp"]?.number?.integer == Int(Self.now) + 60)
    #expect(try claims(second)["exp"]?.number?.integer == Int(Self.now) + 90)
    #expect(try claims(first)["aud"] == .string("u"))
    #expect(try claims(assertion(maker, "GET /v/a", alice))["aud"] == .string("v"))
  }

  @Test func `none is older than the clock says`() throws {
    let maker = try maker()
    let first = try assertion(maker, "GET /a", try Self.token(), after: 20)
    #expect(try assertion(maker, "GET /a", try Self.token(), after: 10) != first)
  }

  @Test func `it ends with the token, and is not made again and again when that is near`() throws {
    let maker = try maker()
    let token = try Self.token(life: 40)
    let first = try assertion(maker, "GET /a", token)
    #expect(try claims(first)["exp"]?.number?.integer == Int(Self.now) + 40)
    for seconds in [10.0, 25, 35, 39] { #expect(try assertion(maker, "GET /a", token, after: seconds) == first) }
  }

  @Test func `another key has another maker, which knows nothing of the assertions before`() throws {
    let token = try Self.token()
    #expect(try assertion(try maker(), "GET /a", token) != assertion(try maker(), "GET /a", token))
  }

  @Test func `an anonymous request has none`() throws {
    #expect(try assertion(try maker(), "GET /open", try Self.token()) == nil)
  }

  @Test func `a bound one is for one request`() throws {
    let bound = try AssertionTests(try Self.load(#", "bind": true"#))
    let maker = try bound.maker()
    let token = try Self.token()
    let first = try bound.assertion(maker, "GET /v/a%20b?c", token)
    #expect(try bound.assertion(maker, "GET /v/a%20b?c", token) != first)
    let claims = try bound.claims(first)
    #expect(claims["method"] == .string("GET"))
    #expect(claims["host"] == .string("example.com:80"))
    #expect(claims["path"] == .string("/a%20b"))
    #expect(claims["route"] == .string("/v"))
  }

  @Test func `however many callers there are, few assertions are kept`() throws {
    let maker = try maker()
    let tokens = try (0..<9000).map { try Self.token("user\($0)") }
    let firsts = try tokens.map { try assertion(maker, "GET /a", $0) }
    #expect(Set(firsts).count == tokens.count)
    #expect(maker.keptCount <= 4096)
    #expect(maker.keptCount > 3500)
    #expect(maker.heldByteCount > maker.keptCount * 300)
  }

  @Test func `however long assertions are, what they hold is bounded`() throws {
    let maker = try maker()
    let name = String(repeating: "n", count: 5000)
    for number in 0..<1500 {
      let token = try Self.token("\(name)\(number)")
      let first = try assertion(maker, "GET /a", token)
      if number % 100 == 0 { #expect(try assertion(maker, "GET /a", token) == first) }
      #expect(maker.heldByteCount <= AssertionCache.byteCountMax)
    }
    #expect(maker.heldByteCount > AssertionCache.byteCountMax / 2)
    #expect(maker.keptCount < 1500)
  }
}
