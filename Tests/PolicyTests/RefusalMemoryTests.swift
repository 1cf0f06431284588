import JSON
import Testing

@testable import Policy

@Suite struct `Refused tokens that come again` {
  private static let routes = #"{ "path": "/", "upstream": "u" }"#

  @Test func `are refused for the same reason`() throws {
    let gateway = try Gateway(Self.routes)
    let good = try Gateway.bearer()
    let tampered = good.dropLast() + (good.hasSuffix("A") ? "B" : "A")
    for _ in 0..<3 {
      #expect(
        try gateway.decide("GET /", [try Gateway.bearer(["exp": .number(JSONNumber(1))])]).summary
          == "401 token_expired")
      let summary = try gateway.decide("GET /", [String(tampered)]).summary
      #expect(summary == "401 signature_invalid" || summary == "401 token_malformed")
    }
  }

  @Test func `do not take a good one with them`() throws {
    let gateway = try Gateway(Self.routes)
    let good = try Gateway.bearer()
    let parts = good.split(separator: ".")
    let forged = parts[0] + "." + parts[1] + "." + parts[2].reversed()
    _ = try gateway.decide("GET /", [String(forged)])
    #expect(try gateway.decide("GET /", [good]).identity?.user == "alice")
    _ = try gateway.decide("GET /", [String(forged)])
    #expect(try gateway.decide("GET /", [good]).identity?.user == "alice")
  }

  @Test func `are looked at anew once the clock was set back`() throws {
    let gateway = try Gateway(Self.routes)
    let token = try Gateway.bearer()
    #expect(try gateway.decide("GET /", [token], now: Gateway.now + 3600).summary == "401 token_expired")
    #expect(try gateway.decide("GET /", [token]).identity?.user == "alice")
  }

  @Test func `are refused for another reason when time has brought one`() throws {
    let gateway = try Gateway(Self.routes)
    let soon = JSONValue.number(JSONNumber(Int(Gateway.now) + 30))
    let nameless = try Gateway.bearer(["sub": .string(""), "exp": soon])
    for _ in 0..<2 { #expect(try gateway.decide("GET /", [nameless]).summary == "401 subject_missing") }
    for _ in 0..<2 {
      #expect(try gateway.decide("GET /", [nameless], now: Gateway.now + 30).summary == "401 token_expired")
    }
    let later = try Gateway.bearer([
      "nbf": soon, "iat": .number(JSONNumber(Int(Gateway.now) + 60)),
      "exp": .number(JSONNumber(Int(Gateway.now) + 600)),
    ])
    for (delay, reason) in [(0, "token_not_yet_valid"), (24, "token_not_yet_valid"), (25, "issued_in_future")] {
      #expect(try gateway.decide("GET /", [later], now: Gateway.now + Double(delay)).summary == "401 \(reason)")
    }
    #expect(try gateway.decide("GET /", [later], now: Gateway.now + 55).identity?.user == "alice")
  }

  @Test func `are accepted when their time has come`() throws {
    let gateway = try Gateway(Self.routes)
    let early = try Gateway.bearer(["nbf": .number(JSONNumber(Int(Gateway.now) + 30))])
    #expect(try gateway.decide("GET /", [early]).summary == "401 token_not_yet_valid")
    #expect(try gateway.decide("GET /", [early], now: Gateway.now + 31).identity?.user == "alice")
  }

  @Test func `are refused each time for what they are bound to, until they have expired`() throws {
    let gateway = try Gateway(Self.routes)
    let bound = try Gateway.bearer(["cnf": .object(["jkt": .string("x")])])
    for _ in 0..<3 { #expect(try gateway.decide("GET /", [bound]).summary == "401 token_binding_failed") }
    #expect(try gateway.decide("GET /", [bound], now: Gateway.now + 60).summary == "401 token_expired")
    #expect(try gateway.decide("GET /", [bound]).summary == "401 token_binding_failed")
    #expect(try gateway.decide("GET /", [try Gateway.bearer()]).identity?.user == "alice")
  }
}
