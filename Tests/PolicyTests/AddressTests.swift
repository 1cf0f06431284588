import Policy
import Testing

/// `allow_addresses` and `deny_addresses`, and whose address counts.
@Suite struct AddressTests {
  static let top = #""trusted_proxies": ["10.0.0.0/8", "unix"],"#

  func outcome(_ rules: String, from address: String?, _ fields: [String] = []) throws -> String {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u", "auth": "none", \#(rules) }"#, top: Self.top)
    return try gateway.decide("GET /", fields, peer: gateway.peer(address)).summary
  }

  @Test(arguments: [
    ("192.0.2.7", "/", "403 address_denied"), ("192.0.2.130", "403 address_denied", "403 address_denied"),
    ("198.51.100.1", "403 address_denied", "/"), ("::ffff:192.0.2.7", "/", "403 address_denied"),
    ("2001:db8::1", "/", "/"), ("2001:db9::1", "403 address_denied", "/"),
  ])
  func `an address must be allowed and not denied`(address: String, allowed: String, denied: String) throws {
    let both = #""allow_addresses": ["192.0.2.0/24", "2001:db8::/32"], "deny_addresses": ["192.0.2.128/25"]"#
    #expect(try outcome(both, from: address) == allowed)
    #expect(try outcome(#""deny_addresses": ["192.0.2.0/24"]"#, from: address) == denied)
  }

  @Test(arguments: [
    // From a stranger the list means nothing.
    ("198.51.100.1", ["X-Forwarded-For: 192.0.2.7"], "403 address_denied"),
    ("192.0.2.7", ["X-Forwarded-For: 198.51.100.1"], "/"),
    // From a trusted peer the rightmost untrusted address counts.
    ("10.0.0.1", ["X-Forwarded-For: 192.0.2.7"], "/"), ("10.0.0.1", ["X-Forwarded-For: 192.0.2.7, 10.0.0.2"], "/"),
    ("10.0.0.1", ["X-Forwarded-For: 192.0.2.7, 198.51.100.1"], "403 address_denied"),
    ("10.0.0.1", ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 198.51.100.1"], "403 address_denied"),
    ("10.0.0.1", ["X-Forwarded-For: nonsense"], "403 address_denied"), ("10.0.0.1", [], "403 address_denied"),
    (nil, ["X-Forwarded-For: 192.0.2.7"], "/"), (nil, [], "403 address_denied"),
  ])
  func `the client's address is the peer's, or what a trusted proxy says`(
    peer: String?, fields: [String], summary: String
  ) throws {
    #expect(try outcome(#""allow_addresses": ["192.0.2.0/24"]"#, from: peer, fields) == summary)
  }

  @Test(arguments: [
    "unknown", "203.0.113.9, unknown", "unix:", "203.0.113.9, fe80::1%eth0", "_hidden", "203.0.113.9,", "", "1.2.3",
    "203.0.113.9, 10.0.0.256", "203.0.113.9, unknown, 10.0.0.7", "203.0.113.9, 10.0.0.7 10.0.0.8",
  ])
  func `a client of whom a proxy says no address passes no rule`(list: String) throws {
    for peer in ["10.0.0.1", nil] {
      for rules in [
        #""allow_addresses": ["0.0.0.0/0", "::/0"]"#, #""allow_addresses": ["10.0.0.0/8"]"#,
        #""deny_addresses": ["192.0.2.0/24"]"#,
      ] {
        #expect(try outcome(rules, from: peer, ["X-Forwarded-For: \(list)"]) == "403 address_denied")
      }
      // Where nothing goes by the address, nobody asks for it.
      #expect(try outcome(#""max_body": "1KiB""#, from: peer, ["X-Forwarded-For: \(list)"]) == "/")
    }
    let gateway = try Gateway(
      #"{ "path": "/", "upstream": "u", "auth": "none", "allow_addresses": ["10.0.0.0/8"] }"#, top: Self.top)
    let told = gateway.explain("GET /", ["X-Forwarded-For: \(list)"], from: "10.0.0.1").sections.flatMap(\.steps)
    #expect(
      told.first { $0.name == "client" }?.sentence
        == "unknown: 10.0.0.1, a trusted proxy, says something in X-Forwarded-For that is no address")
    #expect(told.contains { $0.sentence == "where the client is can't be told, and the route goes by that" })
  }

  @Test(arguments: [
    ("for=192.0.2.7", "/"), ("for=192.0.2.7, for=10.0.0.2", "/"), ("for=192.0.2.7, for=unknown", "403 address_denied"),
    ("for=198.51.100.1", "403 address_denied"), ("proto=https", "403 address_denied"),
  ])
  func `a proxy may say it in Forwarded`(value: String, summary: String) throws {
    let rules = #""allow_addresses": ["192.0.2.0/24"]"#
    #expect(try outcome(rules, from: "10.0.0.1", ["Forwarded: \(value)"]) == summary)
    #expect(try outcome(rules, from: "198.51.100.1", ["Forwarded: \(value)"]) == "403 address_denied")
    #expect(
      try outcome(rules, from: "10.0.0.1", ["Forwarded: \(value)", "X-Forwarded-For: 198.51.100.1"])
        == "403 address_denied")
  }

  @Test func `who has no address is in no network`() throws {
    #expect(try outcome(#""deny_addresses": ["0.0.0.0/0", "::/0"]"#, from: nil) == "/")
  }

  @Test func `an address is judged before the token, also where auth only reports, and for preflights`() throws {
    let rules = #""deny_addresses": ["0.0.0.0/0"]"#
    for auth in ["required", "optional", "report", "none"] {
      let gateway = try Gateway(
        #"{ "path": "/", "upstream": "u", "auth": "\#(auth)", "cors": { "origins": ["*"] }, \#(rules) }"#)
      #expect(try gateway.decide("GET /").summary == "403 address_denied")
      let preflight = ["Origin: https://a.example", "Access-Control-Request-Method: GET"]
      #expect(try gateway.decide("OPTIONS /", preflight).summary == "403 address_denied")
    }
  }
}
