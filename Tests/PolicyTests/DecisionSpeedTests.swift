import Foundation
import HTTP
import JSON
import Policy
import Testing

/// The cost of a decision; only measured, and only where `PORTCULLIS_MEASURE` is set, in a release build.
@Suite(.serialized) struct DecisionSpeedTests {
  static var isMeasuring: Bool { ProcessInfo.processInfo.environment["PORTCULLIS_MEASURE"] != nil }

  /// Twenty services, as a gateway has them.
  static let routes = (0..<20).map {
    #"{ "path": "/service-\#($0)/v1", "upstream": "u", "require": { "roles": ["user"], "scope": ["orders:read"] } }"#
  }.joined(separator: ",")

  static let fields = [
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "Accept: application/json",
    "Accept-Encoding: gzip, deflate, br", "Accept-Language: en-GB,en;q=0.5", "Cache-Control: no-cache",
  ]

  // Refusals are not measured here: the testing library looks at the stack whenever something is thrown.
  @Test(.enabled(if: isMeasuring)) func `a decision among twenty routes takes half a microsecond`() throws {
    let gateway = try Gateway(Self.routes)
    let claims: [String: JSONValue?] = ["roles": .array([.string("user")]), "scope": .string("orders:read")]
    let fields = Self.fields + [try Gateway.bearer(claims)]
    let head = try requestHead("GET /service-7/v1/orders/4711?limit=10", fields)
    let peer = gateway.peer()
    var forwarded = 0
    let time = best {
      let decision = gateway.policy.decide(
        head, peer: peer, now: Gateway.now, authenticator: gateway.authenticator, revocations: .none
      ).decision
      if case .forward = decision { forwarded += 1 }
    }
    #expect(forwarded > 0)
    print("decision with a remembered token, 20 routes: \(time) ns")
    #expect(time < 500)
  }

  @Test(.enabled(if: isMeasuring), arguments: [20, 10_000])
  func `finding the route takes no longer the more routes there are`(count: Int) throws {
    let routes = (0..<count).map { #"{ "path": "/service-\#($0)/v1", "upstream": "u", "auth": "none" }"# }
    let gateway = try Gateway(routes.joined(separator: ","))
    let head = try requestHead("GET /service-7/v1/orders/4711?limit=10", Self.fields)
    let peer = gateway.peer()
    let time = best {
      _ =
        gateway.policy.decide(
          head, peer: peer, now: Gateway.now, authenticator: gateway.authenticator, revocations: .none
        ).decision
    }
    print("decision without auth, \(count) routes: \(time) ns")
    #expect(time < 250)
  }

  /// Nanoseconds a call, of the quickest of several rounds.
  private func best(_ body: () -> Void) -> Double {
    var best = Double.infinity
    for _ in 0..<20 {
      let start = ContinuousClock.now
      for _ in 0..<20_000 { body() }
      best = min(best, (ContinuousClock.now - start) / .nanoseconds(1) / 20_000)
    }
    return best
  }
}
