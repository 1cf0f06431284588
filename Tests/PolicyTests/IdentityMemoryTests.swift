import Bytes
import JSON
import Testing
import Tokens

@testable import Policy

/// The memory that is kept of identities.
@Suite struct `Memory of identities` {
  private static let names = ClaimNames.standard

  /// - Parameter claims: as JSON, with a comma before them.
  private func record(_ claims: String = "", requiring required: [String] = []) throws -> IdentityRecord {
    let payload = #"{"iss":"\#(Gateway.issuer)","sub":"alice","exp":\#(Int(Gateway.now) + 60)\#(claims)}"#
    let object = try #require(try JSONReader.parse(Array(payload.utf8).span).object)
    let text = try TokenSigner(algorithm: .hs256, secret: Gateway.secret).sign(object)
    let key = try VerificationKey(secret: Gateway.secret, algorithms: [.hs256])
    let issuer = TrustedIssuer(name: Gateway.issuer, audience: .any, algorithms: [.hs256], keys: try KeySet([key]))
    let token = try TokenVerifier(issuers: [issuer]).verify(text.span, now: Gateway.now)
    let line = IdentityRecord.Line(name: Array("X-User".utf8), claim: ClaimPath("sub"))
    return IdentityRecord.make(token, text: text.span, lines: [line], claims: required.map { ClaimPath($0) })
  }

  @Test func `a tree of claims that nothing asks for costs what its text costs`() throws {
    let zeros = (0..<50).map { _ in "[" + Array(repeating: "0", count: 50).joined(separator: ",") + "]" }
    let record = try record(#","x":[\#(zeros.joined(separator: ","))]"#)
    let length = record.token.count
    #expect(length > 6500)
    #expect(record.heldByteCount < length + 300)
  }

  @Test(arguments: [0, 1, 100, 5000])
  func `what is counted is what the allocator gives`(length: Int) throws {
    let record = try record(#","roles":["\#(String(repeating: "r", count: length))"]"#)
    // Beyond the properties of the class there is the capacity, which is what the block has room for.
    let room = MemoryLayout<IdentityRecord.Facts>.stride + record.capacity
    #expect(record.heldByteCount >= room)
    #expect(record.heldByteCount <= room + 64)
  }

  @Test func `only claims that routes ask for are kept, and of these the scalars`() throws {
    let claims = #","org":["a",{"b":"c"},7,null,["d"],true],"other":"x","big":9007199254740992,"n":1.50"#
    let record = try record(claims, requiring: ["org", "n", "none", "big"])
    let identity = Identity(record)
    func has(_ name: String, _ value: JSONValue) throws -> Bool {
      identity.hasClaim(name, amongPacked: [try #require(value.packedScalar)])
    }
    for value in [JSONValue.string("a"), .number(JSONNumber(7)), .bool(true)] { #expect(try has("org", value)) }
    for value in [JSONValue.string("c"), .string("d"), .string("7"), .bool(false)] { #expect(try !has("org", value)) }
    #expect(try has("n", .number(try #require(JSONNumber(1.5)))))
    #expect(try !has("other", .string("x")))
    #expect(try !has("none", .string("x")))
  }

  @Test func `the rest is read from the token's text again`() throws {
    let identity = Identity(try record(#","roles":["a"],"deep":{"er":[1,2]}"#))
    let reading = try #require(identity.reading)
    #expect(reading.subject == "alice" && reading.roles == ["a"])
    #expect(reading.claims["deep"] == .object(["er": .array([.number(JSONNumber(1)), .number(JSONNumber(2))])]))
    #expect(identity.user == "alice")
  }

  @Test func `no two have the same number`() throws {
    #expect(try Identity(record()).serial != Identity(record()).serial)
  }
}
