import Bytes
import Configuration
import Cryptography
import HTTP
import JSON
import Policy
import Testing
import Tokens

/// A policy made from the text of a configuration, and requests put to it.
struct Gateway {
  /// 2025-01-01; what tokens made here are good at.
  static let now = 1_735_689_600.0
  static let issuer = "https://login.example.com/"
  static let otherIssuer = "https://other.example.com/"
  static let secret = SharedSecret(Array("a secret that is long enough for sha-256".utf8))

  let configuration: GatewayConfiguration
  let policy: Policy
  let authenticator: Authenticator

  /// - Parameters:
  ///   - routes: the entries of `routes`; the upstream is called `u`.
  ///   - auth: further keys of `auth`, with a comma behind.
  ///   - top: further keys at the top, with a comma behind.
  ///   - environment: what `${NAME}` stands for.
  ///   - claims: where the issuers' tokens have what is asked of them.
  init(
    _ routes: String, auth: String = "", top: String = "", environment: [String: String] = [:],
    claims: ClaimNames = .standard
  ) throws {
    let text = """
      { "listen": ["127.0.0.1:0"], \(top)
        "auth": { \(auth) "issuers": [
          { "issuer": "\(Self.issuer)", "audience": "any", "secret_file": "s" },
          { "issuer": "\(Self.otherIssuer)", "audience": "any", "secret_file": "s" }] },
        "upstreams": { "u": { "servers": ["127.0.0.1:9001"] } },
        "routes": [\(routes)] }
      """
    try self.init(try Self.load(text, environment), claims: claims)
  }

  private static func load(_ text: String, _ environment: [String: String]) throws -> GatewayConfiguration {
    let bytes = Array(text.utf8)
    let result = ConfigurationLoader.load(bytes.span, fileName: "gateway.json", environment: environment)
    let errors = result.diagnostics.filter { $0.severity == .error }
    #expect(errors.map(\.description) == [])
    return try #require(result.configuration)
  }

  init(_ configuration: GatewayConfiguration, claims: ClaimNames = .standard) throws {
    let policy = try Policy(configuration)
    self.configuration = configuration
    self.policy = policy
    authenticator = try Self.authenticator(for: policy, claims: claims)
  }

  private static func authenticator(for policy: Policy, claims: ClaimNames) throws -> Authenticator {
    let key = try VerificationKey(secret: secret, algorithms: [.hs256])
    let keys = try KeySet([key])
    var issuers: [TrustedIssuer] = []
    for name in [issuer, otherIssuer] {
      issuers.append(TrustedIssuer(name: name, audience: .any, algorithms: [.hs256], claims: claims, keys: keys))
    }
    return try Authenticator(issuers: issuers, policy: policy)
  }

  /// A peer at that address; nil for one on a Unix socket.
  func peer(
    _ address: String? = "203.0.113.9", scheme: Scheme = .http, certificate: ClientCertificate? = nil
  ) -> Peer {
    Peer(
      address: address.flatMap { IPAddress($0) }, scheme: scheme, trustedProxies: policy.trustedProxies,
      certificate: certificate)
  }

  /// Decides about a request given as its request line and its fields, to `Host: example.com` unless they name another.
  func decide(
    _ requestLine: String, _ fields: [String] = [], peer: Peer? = nil, now: Double = Gateway.now,
    revocations: Revocations = .none
  ) throws -> Decision {
    let head = try requestHead(requestLine, fields, policy)
    return policy.decide(
      head, peer: peer ?? self.peer(), now: now, authenticator: authenticator, revocations: revocations
    ).decision
  }

  /// The explanation of a request given as it comes off the wire, to `Host: example.com` unless the fields name another.
  func explain(
    _ requestLine: String, _ fields: [String] = [], from address: String? = "203.0.113.9", now: Double = Gateway.now
  ) -> Explanation {
    let host = fields.contains { $0.lowercased().hasPrefix("host:") } ? [] : ["Host: example.com"]
    let text = ([requestLine + " HTTP/1.1"] + host + fields + ["", ""]).joined(separator: "\r\n")
    let explainer = Explainer(policy, configuration: configuration, authenticator: authenticator, now: now)
    return explainer.explain(
      Array(text.utf8), from: address.flatMap { IPAddress($0) }, requestID: RequestID(high: 1, low: 2))
  }

  /// The head that goes upstream; nil if the request isn't forwarded.
  func forwarded(_ requestLine: String, _ fields: [String] = [], peer: Peer? = nil) throws -> String? {
    let head = try requestHead(requestLine, fields, policy)
    let peer = peer ?? self.peer()
    let decision = policy.decide(head, peer: peer, now: Self.now, authenticator: authenticator, revocations: .none)
      .decision
    guard case .forward(let plan) = decision else { return nil }
    let headPlan = plan.head(
      requestID: RequestID(high: 1, low: 2))
    var buffer = ByteBuffer()
    plan.write(head, headPlan, authority: .localhost, peer: peer, to: &buffer)
    return buffer.text
  }

  /// A token of the first issuer for `alice`, who has these claims besides; nil takes one away.
  static func token(_ claims: [String: JSONValue?] = [:], type: String = "at+jwt") throws -> String {
    var all: JSONObject = [
      "iss": .string(issuer), "sub": .string("alice"), "exp": .number(JSONNumber(Int(now) + 60)),
    ]
    for (name, value) in claims.sorted(by: { $0.key < $1.key }) { all[name] = value }
    let signer = try TokenSigner(algorithm: .hs256, secret: secret)
    return String(decoding: try signer.sign(all, type: type), as: UTF8.self)
  }

  /// `Authorization: Bearer` with such a token.
  static func bearer(_ claims: [String: JSONValue?] = [:]) throws -> String {
    "Authorization: Bearer \(try token(claims))"
  }
}

/// Parses a head, which must be one that the parser takes, as one that comes to that policy.
func requestHead(_ requestLine: String, _ fields: [String], _ policy: Policy? = nil) throws -> RequestHead {
  let host = fields.contains { $0.lowercased().hasPrefix("host:") } ? [] : ["Host: example.com"]
  let text = ([requestLine + " HTTP/1.1"] + host + fields + ["", ""]).joined(separator: "\r\n")
  var limits = HeadLimits.request
  if let policy { limits.guardedNames = policy.guardedNames }
  var parser = RequestHeadParser(limits: limits)
  var head = RequestHead()
  let outcome = parser.parse(Array(text.utf8).span, into: &head)
  if outcome != .complete(byteCount: text.utf8.count) { throw UnexpectedParse(text: text, outcome: outcome) }
  return head
}

struct UnexpectedParse: Error {
  let text: String
  let outcome: HeadParse
}

extension Decision {
  /// The decision in a word, for tables: the route's name, or `404 not_found`.
  var summary: String {
    switch self {
    case .forward(let plan): plan.route.name
    case .answer(.fixed(let answer)): "\(answer.status) \(answer.route?.name ?? "listener")"
    case .answer(.hosted(let call)): "\(call.endpoint)"
    case .reject(let rejection): "\(rejection.status) \(rejection.reason.word)"
    }
  }

  /// The lines of the gateway's own answer, and those that CORS adds to a forwarded one.
  var fields: String {
    switch self {
    case .forward(let plan): plan.cors.text
    case .answer(.fixed(let answer)): answer.fields.text
    case .answer(.hosted(let call)): call.cors.text
    case .reject(let rejection): rejection.fields.text
    }
  }
}

extension Rejection {
  /// Its body, to the request called 1.
  var body: String {
    var buffer = ByteBuffer()
    writeBody(requestID: Array("1".utf8).span, to: &buffer)
    return buffer.text
  }
}

extension ForwardPlan {
  /// The lines that tell the upstream who asks; empty for anonymous requests.
  var identityFields: FieldBlock { assertedFields ?? identity?.fields ?? FieldBlock() }
}
