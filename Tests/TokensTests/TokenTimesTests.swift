import Testing
import Tokens

@Suite struct `Times of tokens` {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let claims: [(String, String?)]
    var leeway: Double = 0
    var maximumLifetime: Double?
    var requiresExpiry = true
    let now: Double
    let reason: TokenRejection?

    var testDescription: String { name }
  }

  static let expiry: [Case] = [
    Case(name: "a moment before exp", claims: [("exp", "1000")], now: 999.999, reason: nil),
    Case(name: "at exp", claims: [("exp", "1000")], now: 1000, reason: .expired),
    Case(name: "a moment before a fractional exp", claims: [("exp", "1000.5")], now: 1000.499, reason: nil),
    Case(name: "at a fractional exp", claims: [("exp", "1000.5")], now: 1000.5, reason: .expired),
    Case(name: "exp at the epoch", claims: [("exp", "0")], now: 1000, reason: .expired),
    Case(name: "inside the leeway", claims: [("exp", "1000")], leeway: 30, now: 1029.9, reason: nil),
    Case(name: "at the end of the leeway", claims: [("exp", "1000")], leeway: 30, now: 1030, reason: .expired),
    Case(name: "no exp", claims: [("exp", nil)], now: 1000, reason: .expiryMissing),
    Case(name: "no exp where none is needed", claims: [("exp", nil)], requiresExpiry: false, now: 1e12, reason: nil),
    Case(
      name: "past exp where none is needed", claims: [("exp", "1")], requiresExpiry: false, now: 2, reason: .expired),
  ]

  static let beginning: [Case] = [
    Case(name: "at nbf", claims: [("exp", "2000"), ("nbf", "1000")], now: 1000, reason: nil),
    Case(name: "nbf 5 s ahead", claims: [("exp", "2000"), ("nbf", "1000")], now: 995, reason: nil),
    Case(
      name: "nbf more than 5 s ahead", claims: [("exp", "2000"), ("nbf", "1000")], now: 994.999, reason: .notYetValid),
    Case(
      name: "a fractional nbf more than 5 s ahead", claims: [("exp", "2000"), ("nbf", "1000.25")], now: 995.2,
      reason: .notYetValid),
    Case(
      name: "nbf 5 s ahead, with less leeway", claims: [("exp", "2000"), ("nbf", "1000")], leeway: 2, now: 995,
      reason: nil),
    Case(name: "nbf inside the leeway", claims: [("exp", "2000"), ("nbf", "1000")], leeway: 10, now: 990, reason: nil),
    Case(
      name: "nbf outside the leeway", claims: [("exp", "2000"), ("nbf", "1000")], leeway: 10, now: 989.9,
      reason: .notYetValid),
    Case(name: "at iat", claims: [("exp", "2000"), ("iat", "1000")], now: 1000, reason: nil),
    Case(name: "iat 5 s ahead", claims: [("exp", "2000"), ("iat", "1000")], now: 995, reason: nil),
    Case(
      name: "iat more than 5 s ahead", claims: [("exp", "2000"), ("iat", "1000")], now: 994.999,
      reason: .issuedInFuture),
    Case(name: "iat at the end of the token", claims: [("exp", "1000"), ("iat", "1000")], now: 995, reason: nil),
    Case(name: "iat inside the leeway", claims: [("exp", "2000"), ("iat", "1000")], leeway: 10, now: 990, reason: nil),
    Case(
      name: "iat outside the leeway", claims: [("exp", "2000"), ("iat", "1000")], leeway: 10, now: 989,
      reason: .issuedInFuture),
  ]

  static let lifetime: [Case] = [
    Case(
      name: "as long as allowed", claims: [("iat", "1000"), ("exp", "1600")], maximumLifetime: 600, now: 1100,
      reason: nil),
    Case(
      name: "longer", claims: [("iat", "1000"), ("exp", "1600.1")], maximumLifetime: 600, now: 1100,
      reason: .lifetimeExceeded),
    Case(
      name: "longer, near its end", claims: [("iat", "1000"), ("exp", "9000")], leeway: 60, maximumLifetime: 600,
      now: 8990,
      reason: .lifetimeExceeded),
    Case(
      name: "no exp", claims: [("iat", "1000"), ("exp", nil)], maximumLifetime: 600, requiresExpiry: false, now: 1100,
      reason: .lifetimeExceeded),
    Case(name: "no iat, less is left", claims: [("exp", "1600")], maximumLifetime: 600, now: 1000, reason: nil),
    Case(
      name: "no iat, more is left", claims: [("exp", "1600")], maximumLifetime: 600, now: 999.9,
      reason: .lifetimeExceeded),
    Case(
      name: "no iat, more is left within the leeway", claims: [("exp", "1600")], leeway: 10, maximumLifetime: 600,
      now: 990, reason: nil),
  ]

  @Test(arguments: expiry + beginning + lifetime)
  func `each moment is judged exactly`(_ example: Case) throws {
    #expect(try verdict(example) == example.reason)
  }

  @Test(arguments: expiry + beginning)
  func `a token kept for its next use is judged as it would be anew`(_ example: Case) throws {
    let verifier = try TokenVerifier(issuers: [issuer(example)])
    let token = token(example)
    var verified: VerifiedToken?
    for moment in Self.moments where verified == nil {
      verified = try? verifier.verify(token.span, now: moment)
    }
    guard let verified else {
      #expect(example.reason != nil, "a token that is good at its moment is good at one of these")
      return
    }
    for moment in Self.moments {
      var anew: TokenRejection?
      do throws(TokenRejection) { _ = try verifier.verify(token.span, now: moment) } catch { anew = error }
      #expect(verified.rejection(at: moment) == anew)
      #expect((verified.goodFrom <= moment && moment < verified.expiresAt) == (anew == nil))
    }
  }

  private static let moments = [
    0.25, 500, 980, 984.75, 985, 989.75, 990, 990.25, 994.75, 995, 995.25, 995.5, 999.75, 1000, 1000.25, 1000.5,
    1000.75, 1029.75, 1030, 1999.75, 2000, 2010,
    3000,
  ]

  private func issuer(_ example: Case) throws -> TrustedIssuer {
    try Sample.issuer(
      leeway: example.leeway, maximumLifetime: example.maximumLifetime, requiresExpiry: example.requiresExpiry)
  }

  private func token(_ example: Case) -> [UInt8] {
    let claims = [("iss", "\"\(Sample.issuerName)\""), ("sub", #""alice""#), ("aud", #""orders""#)] + example.claims
    let members = claims.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }
    return Sample.token(Sample.header, "{" + members.joined(separator: ",") + "}")
  }

  private func verdict(_ example: Case) throws -> TokenRejection? {
    try Sample.verdict(token(example), [issuer(example)], now: example.now)
  }
}

@Suite struct `Precedence of reasons` {
  /// A token in which everything is wrong, and what is wrong first while the faults are mended one by one.
  @Test func `the first that applies is given`() throws {
    var header = ["alg": #""none""#, "typ": #""x""#, "crit": "[]", "kid": #""nobody's""#]
    var payload: [String: String] = [
      "iss": #""nobody""#, "exp": "1", "nbf": "1800000000", "iat": "1800000000", "x": "01", "cnf": #"{"jkt":"x"}"#,
    ]
    let secret = Array("not the secret at all, though long enough".utf8)
    var signing = secret
    let keys = [try Sample.key("a"), try Sample.key("b", secret: Array(Sample.secret.reversed()))]
    let issuers = [try Sample.issuer(maximumLifetime: 60, keys: keys)]

    func verdict() throws -> TokenRejection? {
      try Sample.verdict(Sample.token(text(header), text(payload), secret: signing), issuers)
    }

    #expect(try verdict() == .malformed)
    payload["x"] = nil
    #expect(try verdict() == .typeRefused)
    header["typ"] = nil
    #expect(try verdict() == .criticalUnsupported)
    header["crit"] = nil
    #expect(try verdict() == .algorithmRefused)
    header["alg"] = #""HS256""#
    #expect(try verdict() == .issuerUnknown)
    payload["iss"] = "\"\(Sample.issuerName)\""
    #expect(try verdict() == .keyUnknown)
    header["kid"] = #""a""#
    #expect(try verdict() == .signatureInvalid)
    signing = Sample.secret
    #expect(try verdict() == .expired)
    payload["exp"] = nil
    #expect(try verdict() == .notYetValid)
    payload["nbf"] = nil
    #expect(try verdict() == .issuedInFuture)
    payload["iat"] = "1699999900"
    #expect(try verdict() == .expiryMissing)
    payload["exp"] = "1700000600"
    #expect(try verdict() == .lifetimeExceeded)
    payload["iat"] = "1699999990"
    payload["exp"] = "1700000050"
    #expect(try verdict() == .subjectMissing)
    payload["sub"] = #""alice""#
    #expect(try verdict() == .audienceMismatch)
    payload["aud"] = #""orders""#
    #expect(try verdict() == .bindingFailed)
    payload["cnf"] = nil
    #expect(try verdict() == nil)
  }

  @Test func `the reasons stand in the order of the contract`() {
    #expect(
      TokenRejection.allCases.map(\.rawValue) == [
        "token_missing", "token_too_large", "token_malformed", "token_ambiguous", "token_type_refused",
        "crit_unsupported",
        "algorithm_refused",
        "issuer_unknown", "key_unknown", "signature_invalid", "token_expired", "token_not_yet_valid",
        "issued_in_future",
        "expiry_missing", "lifetime_exceeded", "subject_missing", "audience_mismatch", "token_binding_failed",
        "token_revoked",
        "keys_unavailable",
      ])
  }

  private func text(_ members: [String: String]) -> String {
    "{" + members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }
}
