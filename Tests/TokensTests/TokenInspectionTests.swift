import Testing
import Tokens

@Suite struct `Inspecting tokens` {
  @Test func `a good token passes every check, in the order of the reasons`() throws {
    let inspection = try inspect(Sample.token())
    #expect(inspection.verdict == nil)
    #expect(inspection.checks.allSatisfy { $0.outcome == .passed && !$0.sentence.isEmpty })
    var order = TokenRejection.allCases.filter { ![.missing, .ambiguous, .revoked, .keysUnavailable].contains($0) }
    order.insert(.keysUnavailable, at: try #require(order.firstIndex(of: .keyUnknown)))
    #expect(inspection.checks.map(\.rejection) == order)
    #expect(inspection.header == Sample.header)
    #expect(inspection.payload == Sample.payload)
  }

  @Test(arguments: AttackTable.all)
  func `one check fails, those before it passed, those behind it were not reached`(_ attack: Attack) throws {
    let inspection = try inspect(attack.token)
    #expect(inspection.verdict == attack.reason)
    let failed = try #require(inspection.checks.firstIndex { $0.rejection == attack.reason })
    for (index, check) in inspection.checks.enumerated() {
      #expect(check.outcome == (index < failed ? .passed : index == failed ? .failed : .notReached))
    }
    #expect(!inspection.checks[failed].sentence.isEmpty)
  }

  @Test(
    arguments: [
      (.tooLarge, "213 bytes; a token has at most 16384"), (.malformed, "three parts"), (.bindingFailed, "cnf: absent"),
      (.typeRefused, #"typ: "JWT"; expected: none, "JWT" or "at+jwt""#),
      (.criticalUnsupported, "crit: absent"), (.algorithmRefused, #"alg: "HS256"; accepted: HS256"#),
      (.issuerUnknown, #"iss: "https://login.example.com/"; trusted: "https://login.example.com/""#),
      (.keysUnavailable, "the issuer has one without kid (secret: HS256)"),
      (.keyUnknown, "kid: absent; one without kid, the only key for HS256"),
      (.signatureInvalid, "made with the issuer's key"),
      (.expired, "exp: 2023-11-14T22:23:20Z, in 10 min"), (.notYetValid, "nbf: absent"),
      (.issuedInFuture, "iat: 2023-11-14T22:11:40Z, 1 min 40 s ago"), (.expiryMissing, "exp: present; required"),
      (.lifetimeExceeded, "lives 11 min 40 s; no max_ttl"), (.subjectMissing, #"sub: "alice""#),
      (.audienceMismatch, #"aud: "orders"; expected: "orders""#),
    ] as [(TokenRejection, String)])
  func `each check quotes what it looked at`(_ rejection: TokenRejection, _ sentence: String) throws {
    let inspection = try inspect(Sample.token())
    #expect(inspection.checks.first { $0.rejection == rejection }?.sentence == sentence)
  }

  @Test func `an expired token is told when it was good`() throws {
    let inspection = try inspect(Sample.token(Sample.header, Sample.payload(["exp": "1699988480", "iat": nil])))
    let check = inspection.checks.first { $0.outcome == .failed }
    #expect(check?.sentence == "exp: 2023-11-14T19:01:20Z, 3 h 12 min ago")
  }

  @Test func `a broken token shows what can still be read`() throws {
    let inspection = try inspect(Array((Sample.encoded(Array(Sample.header.utf8)) + ".%.").utf8))
    #expect(inspection.verdict == .malformed)
    #expect(inspection.header == Sample.header)
    #expect(inspection.payload == nil)
    #expect(
      inspection.checks.first { $0.outcome == .failed }?.sentence
        == "the payload is not base64url without padding in its one canonical spelling")
  }

  @Test func `what would take over a terminal is escaped`() throws {
    let payload = Sample.payload(["sub": "\"\\u001b[2J\u{9B}31m\u{202E}\u{7F}\""])
    let inspection = try inspect(Sample.token(Sample.header, payload))
    let texts = inspection.checks.map(\.sentence) + [inspection.payload ?? ""]
    for text in texts {
      #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{202E}" })
    }
    #expect(inspection.payload?.contains(#"\u001b[2J\u009b31m\u202e\u007f"#) == true)
  }

  @Test func `what is wrong with a token's JSON is told in visible characters, and briefly`() throws {
    let name = #"\u001b[2J\u202e"# + String(repeating: "x", count: 1000)
    let inspection = try inspect(Sample.token(Sample.header, #"{"\#(name)":1,"\#(name)":2}"#))
    let text = try #require(inspection.checks.first { $0.outcome == .failed }?.sentence)
    #expect(text.contains(#"'\u001b[2J\u202exxx"#) && text.utf8.count < 200)
    #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{202E}" })
  }

  @Test(arguments: AttackTable.all) func `no key is told`(_ attack: Attack) throws {
    let inspection = try inspect(attack.token)
    let secret = try #require(String(bytes: Sample.secret))
    #expect(!"\(inspection)".contains(secret.prefix(12)))
  }

  private func inspect(_ token: [UInt8]) throws -> TokenInspection {
    let verifier = try TokenVerifier(issuers: [Sample.issuer()])
    return TokenInspection(token.span, verifier: verifier, now: Sample.now)
  }
}

/// Every attack of the suite beside.
enum AttackTable {
  private typealias Suite = `Attacks on tokens`
  static let all =
    Suite.algorithms + Suite.headers + Suite.form + Suite.encoding + Suite.json + Suite.claims + Suite.types
}

extension String {
  init?(bytes: [UInt8]) { self.init(validating: bytes, as: UTF8.self) }
}
