import Bytes
import Configuration
import HTTP
import Policy
import Tokens

/// A gateway without sockets: a configuration, its policy, and what it makes of requests.
enum Gate {
  static let configuration = """
    { "listen": ["127.0.0.1:0"],
      "auth": {
        "issuers": [{ "issuer": "\(Issuing.name)", "audience": "any", "secret_file": "s" }],
        "token_from": [{ "header": "Authorization" }, { "header": "X-Token" }, { "cookie": "session" },
          { "query": "access_token" }, { "websocket_protocol": "bearer" }],
        "forward_token": false },
      "cors": { "origins": ["https://app.example.com", "https://*.example.org"], "credentials": true },
      "upstreams": { "u": { "servers": ["127.0.0.1:9001"] } },
      "routes": [
        { "path": "/", "upstream": "u" },
        { "path": "/public", "upstream": "u", "auth": "none" },
        { "path": "/optional", "upstream": "u", "auth": "optional" } ] }
    """

  nonisolated(unsafe) private static let parts: (Policy, Authenticator, Explainer) = {
    let result = ConfigurationLoader.load(Array(configuration.utf8).span, fileName: "g", environment: [:])
    guard let configuration = result.configuration, let policy = try? Policy(configuration),
      let authenticator = try? Authenticator(issuers: [Issuing.issuer(audience: .any)], policy: policy)
    else { fatalError("no policy: \(result.diagnostics)") }
    let explainer = Explainer(policy, configuration: configuration, authenticator: authenticator, now: Issuing.now)
    return (policy, authenticator, explainer)
  }()

  static var policy: Policy { parts.0 }

  /// The limits of heads.
  static let limits: HeadLimits = {
    var limits = HeadLimits.request
    limits.guardedNames = policy.guardedNames
    return limits
  }()

  static func decide(_ head: borrowing RequestHead) -> Decision {
    policy.decide(head, peer: peer, now: Issuing.now, authenticator: parts.1, revocations: .none).decision
  }

  static func explained(_ request: [UInt8]) -> Explanation {
    parts.2.explain(request, from: IPAddress("203.0.113.9"), requestID: RequestID(high: 1, low: 2))
  }

  static var peer: Peer {
    Peer(address: IPAddress("203.0.113.9"), scheme: .http, trustedProxies: policy.trustedProxies)
  }

  /// The head that goes upstream; nil if the request isn't forwarded.
  static func forwarded(_ request: [UInt8]) -> [UInt8]? {
    var head = RequestHead()
    guard case .complete = RequestReading(request, limits: limits, into: &head).outcome else { return nil }
    guard case .forward(let plan) = decide(head) else { return nil }
    return written(head, plan)
  }

  static func written(_ head: borrowing RequestHead, _ plan: ForwardPlan) -> [UInt8] {
    let headPlan = RequestHeadPlan(requestID: RequestID(high: 1, low: 2), forwardsWebSocket: true)
    var buffer = ByteBuffer()
    plan.write(head, headPlan, authority: .localhost, peer: peer, to: &buffer)
    return buffer.readable.array
  }
}
