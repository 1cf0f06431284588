import JSON

/// Says in sentences what the checks of a token look at: the token's value, and what was expected.
struct TokenExplanation {
  private let form: TokenForm
  private let issuers: [TrustedIssuer]
  private let issuer: TrustedIssuer?
  private let now: Double

  init(form: TokenForm, issuers: [TrustedIssuer], now: Double) {
    self.form = form
    self.issuers = issuers
    self.now = now
    issuer = form.token.flatMap { token in issuers.first { $0.isNamed(token.registered.issuer) } }
  }

  /// The sentence for the check that would fail with `rejection`; empty where the token is too broken to tell.
  func sentence(for rejection: TokenRejection, outcome: TokenInspection.Outcome) -> String {
    guard let token = form.token else { return rejection == .malformed ? form.flaw?.message ?? "" : "" }
    let (header, claims) = (token.header, token.registered)
    switch rejection {
    case .malformed: return "three parts, \(form.byteCount) bytes"
    case .typeRefused: return "typ: \(shown(header.type)); expected: none, \"JWT\" or \"at+jwt\""
    case .criticalUnsupported: return header.hasCritical ? "crit: present; no extension is supported" : "crit: absent"
    case .algorithmRefused: return "alg: \(VisibleText.quoted(header.algorithmName)); accepted: \(acceptedAlgorithms)"
    case .issuerUnknown: return "iss: \(shown(claims.issuer)); trusted: \(trustedIssuers)"
    case .keysUnavailable: return issuer?.keys == nil ? "the issuer's keys have never been obtained" : "present"
    case .keyUnknown: return "kid: \(shown(header.keyIdentifier)); \(keys(for: header.algorithm))"
    case .signatureInvalid: return signature(outcome)
    case .expired: return moment("exp", claims.expiry)
    case .notYetValid: return moment("nbf", claims.notBefore)
    case .issuedInFuture: return moment("iat", claims.issuedAt)
    case .expiryMissing:
      return "exp: \(claims.expiry == nil ? "absent" : "present"); "
        + (issuer?.requiresExpiry == false ? "not required" : "required")
    case .lifetimeExceeded: return lifetime(claims)
    case .subjectMissing: return subject(token)
    case .audienceMismatch: return audience(claims)
    case .missing, .ambiguous, .revoked: return ""
    }
  }

  private func shown(_ text: String?) -> String { text.map(VisibleText.quoted) ?? "absent" }

  private var acceptedAlgorithms: String {
    let accepted = issuer.map { [$0] } ?? issuers
    let names = SignatureAlgorithm.allCases.filter { name in accepted.contains { $0.algorithms.contains(name) } }
    return names.isEmpty ? "none" : names.map(\.rawValue).joined(separator: ", ")
  }

  private var trustedIssuers: String {
    let names = issuers.map { $0.name.map(VisibleText.quoted) ?? "tokens without iss" }
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }

  private func keys(for algorithm: SignatureAlgorithm?) -> String {
    guard let issuer, let algorithm else { return "no key to choose from" }
    guard let set = issuer.keys else { return "the issuer's keys have never been obtained" }
    let keys = set.keys.filter { $0.algorithms.contains(algorithm) }
    let names = keys.map { $0.identifier.map(VisibleText.quoted) ?? "one without kid" }
    return "keys for \(algorithm.rawValue): " + (names.isEmpty ? "none" : names.joined(separator: ", "))
  }

  private func signature(_ outcome: TokenInspection.Outcome) -> String {
    switch outcome {
    case .passed: "made with the issuer's key"
    case .failed: "not made with the issuer's key, or the token was changed since"
    case .notReached: "not looked at"
    }
  }

  private func moment(_ name: String, _ seconds: Double?) -> String {
    guard let seconds else { return "\(name): absent" }
    let leeway = issuer?.leeway ?? 0
    return "\(name): \(TimeText.utc(seconds)), \(TimeText.distance(from: now, to: seconds))"
      + (leeway > 0 ? " (leeway \(TimeText.duration(leeway)))" : "")
  }

  private func lifetime(_ claims: RegisteredClaims) -> String {
    let lives: String
    switch (claims.expiry, claims.issuedAt) {
    case (nil, _): lives = "does not end"
    case (let expiry?, nil): lives = "ends \(TimeText.distance(from: now, to: expiry)), does not say when it was issued"
    case (let expiry?, let issuedAt?): lives = "lives \(TimeText.duration(max(0, expiry - issuedAt)))"
    }
    return lives + (issuer?.maximumLifetime.map { "; max_ttl: \(TimeText.duration($0))" } ?? "; no max_ttl")
  }

  private func subject(_ token: UnverifiedToken) -> String {
    let subject = "sub: \(shown(token.registered.subject))"
    guard token.registered.subject == nil, issuer?.acceptsUserClaim == true else { return subject }
    return subject + "; user: \(token.claims["user"].map(VisibleText.json) ?? "absent")"
  }

  private func audience(_ claims: RegisteredClaims) -> String {
    let claimed = "aud: \(claims.audience.map(VisibleText.list) ?? "absent")"
    return switch issuer?.audience {
    case .oneOf(let names): claimed + "; expected: \(VisibleText.list(names))"
    case .absent: claimed + "; expected: absent"
    case .any: claimed + "; anything is accepted"
    case nil: claimed
    }
  }
}
