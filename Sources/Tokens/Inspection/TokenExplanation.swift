import Cryptography
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
    if rejection == .tooLarge { return "\(form.byteCount) bytes; a token has at most \(form.byteCountMax)" }
    guard let token = form.token else { return rejection == .malformed ? form.flaw?.message ?? "" : "" }
    let (header, claims) = (token.header, token.registered)
    switch rejection {
    case .malformed:
      if outcome == .failed, claims.hasNumericSubject { return numberAsSubject("sub") }
      return "three parts"
    case .typeRefused: return "typ: \(shown(header.type)); expected: none, \"JWT\" or \"at+jwt\""
    case .criticalUnsupported: return header.hasCritical ? "crit: present; no extension is supported" : "crit: absent"
    case .algorithmRefused: return "alg: \(VisibleText.quoted(header.algorithmName)); accepted: \(acceptedAlgorithms)"
    case .issuerUnknown: return "iss: \(shown(claims.issuer)); trusted: \(trustedIssuers)"
    case .keysUnavailable: return keys()
    case .keyUnknown: return "kid: \(shown(header.keyIdentifier)); \(key(for: header, issuedAt: claims.issuedAt))"
    case .signatureInvalid: return signature(header, outcome)
    case .expired: return moment("exp", claims.expiry)
    case .notYetValid: return moment("nbf", claims.notBefore, allowedLead: issuer?.allowedLead)
    case .issuedInFuture: return moment("iat", claims.issuedAt, allowedLead: issuer?.allowedLead)
    case .expiryMissing:
      return "exp: \(claims.expiry == nil ? "absent" : "present"); "
        + (issuer?.requiresExpiry == false ? "not required" : "required")
    case .lifetimeExceeded: return lifetime(claims)
    case .subjectMissing: return subject(token)
    case .audienceMismatch: return audience(claims)
    case .bindingFailed: return binding(token.claims)
    case .missing, .tooLarge, .ambiguous, .revoked: return ""
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

  // MARK: Keys

  /// The number of an issuer's keys that are named.
  private static let shownMax = 8

  /// The issuer's keys.
  private func keys() -> String {
    guard let issuer else { return "no issuer, so no keys" }
    guard let set = issuer.keys else { return "none of the issuer's keys has been obtained yet" }
    guard !set.keys.isEmpty else { return "the issuer has none" }
    let names = set.keys.prefix(Self.shownMax).map { key in
      "\(name(of: key)) (\(key.kindText): \(key.algorithms.map(\.rawValue).joined(separator: ", ")))"
    }
    let more = set.keys.count - names.count
    return "the issuer has " + names.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }

  private func name(of key: VerificationKey) -> String { key.identifier.map(VisibleText.quoted) ?? "one without kid" }

  private func key(of header: TokenHeader) -> VerificationKey? {
    guard let set = issuer?.keys, let algorithm = header.algorithm,
      let index = set.index(for: algorithm, identifier: header.keyIdentifier)
    else { return nil }
    return set.keys[index]
  }

  /// A sentence that names the key for the token, or says why there is none.
  private func key(for header: TokenHeader, issuedAt: Double?) -> String {
    guard let set = issuer?.keys, let algorithm = header.algorithm else { return "no key to choose from" }
    let name = algorithm.rawValue
    guard let key = key(of: header) else {
      let count = set.keys.count { $0.algorithms.contains(algorithm) }
      if count == 0 { return "no key of the issuer is for \(name)" }
      return header.keyIdentifier == nil ? "\(count) keys are for \(name)" : "no key of that kid is for \(name)"
    }
    if let latest = key.latestIssue, !key.admits(issuedAt: issuedAt) {
      let issued = issuedAt.map { "was issued at \(TimeText.utc($0))" } ?? "doesn't say when it was issued"
      return "that key was retired and verifies what was issued until \(TimeText.utc(latest)); this token \(issued)"
    }
    if let identifier = header.keyIdentifier, key.identifier?.equalsExactly(identifier) == true {
      return "the key of that kid, for \(name)"
    }
    return "\(self.name(of: key)), the only key for \(name)"
  }

  private func signature(_ header: TokenHeader, _ outcome: TokenInspection.Outcome) -> String {
    let key = key(of: header).map { key in
      "the issuer's key" + (key.identifier.map { " \(VisibleText.quoted($0))" } ?? "")
    }
    return switch outcome {
    case .passed: "made with \(key ?? "the issuer's key")"
    case .failed: "not made with \(key ?? "the issuer's key"), or the token was changed since"
    case .notReached: "not looked at"
    }
  }

  // MARK: Claims

  /// - Parameter allowedLead: how far it may lie ahead; nil for a moment that must lie ahead.
  private func moment(_ name: String, _ seconds: Double?, allowedLead: Double? = nil) -> String {
    guard let seconds else { return "\(name): absent" }
    let text = "\(name): \(TimeText.utc(seconds)), \(TimeText.distance(from: now, to: seconds))"
    if let allowedLead { return seconds > now ? text + "; at most \(TimeText.duration(allowedLead)) ahead" : text }
    let leeway = issuer?.leeway ?? 0
    return leeway > 0 ? text + " (leeway \(TimeText.duration(leeway)))" : text
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
    let path = issuer?.claims.subject ?? ClaimNames.standard.subject
    let value = path.value(in: token.claims)
    if let number = value?.number {
      guard issuer?.claims.takesNumericSubject == true else { return numberAsSubject(path.text) }
      return "\(path.text): \(VisibleText.json(.number(number)))"
        + (number.isWrittenWhole ? "" : ", which is no whole number")
    }
    let subject = "\(path.text): \(value.map(VisibleText.json) ?? "absent")"
    guard path == ClaimNames.standard.subject, value == nil, issuer?.acceptsUserClaim == true else { return subject }
    return subject + "; user: \(token.claims["user"].map(VisibleText.json) ?? "absent")"
  }

  private func numberAsSubject(_ name: String) -> String {
    "'\(name)' is a number; a subject is a string, unless the issuer has \"numeric_subject\": true"
  }

  private func binding(_ claims: JSONObject) -> String {
    let confirmation = claims["cnf"]
    let text = "cnf: \(confirmation.map(VisibleText.json) ?? "absent")"
    return switch TokenBinding(confirmation, isRequired: issuer?.requiresBinding == true) {
    case .none: text
    case .missing: text + "; required"
    case .certificate: text + "; bound to a client certificate, which the connection must prove"
    case .unsupported: text + "; bound in a way that is not supported"
    }
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

extension VerificationKey {
  /// The kind of key in words.
  fileprivate var kindText: String {
    switch material {
    case .secret: "secret"
    case .publicKey(let key):
      switch key.kind {
      case .rsa(modulusBits: let bits): "RSA of \(bits) bits"
      case .ellipticCurve(.p256): "P-256"
      case .ellipticCurve(.p384): "P-384"
      case .ellipticCurve(.p521): "P-521"
      case .ed25519: "Ed25519"
      }
    }
  }
}
