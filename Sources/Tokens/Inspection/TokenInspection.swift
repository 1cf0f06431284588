import JSON

/// The judgement of a verifier on a token, check by check, for people.
///
/// The verdict is ``TokenVerifier/verify(_:now:certificate:)``'s own; the sentences only explain it. They quote the token's values, escaped for
/// a terminal, and nothing of any key but its `kid`.
package struct TokenInspection: Sendable {
  /// The reason of a refusal; nil for a token that is accepted.
  package let verdict: TokenRejection?
  /// Every check in the order in which they are made.
  package let checks: [Check]
  /// The decoded header as JSON, nil if there is none.
  package let header: String?
  /// The decoded payload as JSON, nil if there is none.
  package let payload: String?
  /// The subject that an accepted token proves, with his roles and scope; nil for a refused one.
  package let proof: String?

  /// One check and how it went.
  package struct Check: Sendable, Hashable {
    /// The name of the check, a word or two.
    package let name: String
    /// The word for failing it.
    package let rejection: TokenRejection
    package let outcome: Outcome
    /// The finding, with the values.
    package let sentence: String
  }

  package enum Outcome: String, Sendable, Hashable {
    case passed
    case failed
    case notReached = "not reached"
  }

  /// Inspects a token as it is at the time `now`, in seconds since the epoch.
  ///
  /// - Parameter certificate: that of the client that bears it; nil without.
  package init(
    _ token: Span<UInt8>, verifier: TokenVerifier, now: Double, certificate: CertificateThumbprint? = nil
  ) {
    let outcome = Self.outcome(of: token, verifier: verifier, now: now, certificate)
    switch outcome {
    case .success(let verified): (verdict, proof) = (nil, Self.proof(of: verified))
    case .failure(let rejection): (verdict, proof) = (rejection, nil)
    }
    let form = TokenForm(token, byteCountMax: verifier.byteCountMax)
    header = form.header.map { VisibleText.json(.object($0)) }
    payload = form.payload.map { VisibleText.json(.object($0)) }
    let explanation = TokenExplanation(form: form, issuers: verifier.issuers, now: now)
    var checks: [Check] = []
    var mark = Outcome.passed
    for (name, rejection) in Self.order {
      if rejection == verdict { mark = .failed }
      let sentence = explanation.sentence(for: rejection, outcome: mark)
      checks.append(Check(name: name, rejection: rejection, outcome: mark, sentence: sentence))
      if mark == .failed { mark = .notReached }
    }
    self.checks = checks
  }

  private static func outcome(
    of token: Span<UInt8>, verifier: TokenVerifier, now: Double, _ certificate: CertificateThumbprint?
  ) -> Result<VerifiedToken, TokenRejection> {
    do throws(TokenRejection) {
      return .success(try verifier.verify(token, now: now, certificate: certificate))
    } catch {
      return .failure(error)
    }
  }

  private static func proof(of token: VerifiedToken) -> String {
    let issuer = token.issuer.map { " of \(VisibleText.quoted($0))" } ?? ""
    return "\(VisibleText.quoted(token.subject))\(issuer); roles: \(VisibleText.list(token.roles)); "
      + "scope: \(VisibleText.list(token.scopes))"
  }

  /// The checks that a token by itself can pass or fail.
  private static let order: [(String, TokenRejection)] = [
    ("size", .tooLarge),
    ("form", .malformed),
    ("type", .typeRefused),
    ("critical extensions", .criticalUnsupported),
    ("algorithm", .algorithmRefused),
    ("issuer", .issuerUnknown),
    ("keys", .keysUnavailable),
    ("key", .keyUnknown),
    ("signature", .signatureInvalid),
    ("expiry", .expired),
    ("not before", .notYetValid),
    ("issued at", .issuedInFuture),
    ("expiry present", .expiryMissing),
    ("lifetime", .lifetimeExceeded),
    ("subject", .subjectMissing),
    ("audience", .audienceMismatch),
    ("binding", .bindingFailed),
  ]
}
