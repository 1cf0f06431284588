import HTTP

/// The lines of each refusal, ready to be sent, with what `WWW-Authenticate` says of it (RFC 6750 §3).
struct Challenges: Sendable {
  private let realm: String
  /// For each reason, by its number.
  private let lines: [FieldBlock]

  init(realm: String) {
    self.realm = realm
    lines = RejectionReason.allCases.map { reason in
      // RFC 9110 §15.5.2 has a challenge with every 401, those of a login or a refresh included.
      if Self.plain.contains(reason) { return Self.lines(for: reason, realm, []) }
      guard let flaw = reason.tokenFlaw else { return Rejection.lines(for: reason) }
      return Self.lines(for: reason, realm, Self.invalidToken("\(flaw)"))
    }
  }

  /// The reasons whose challenge says nothing but where to log in.
  private static let plain: [RejectionReason] = [
    .tokenMissing, .certificateMissing, .credentialsInvalid, .refreshInvalid, .tokenReused,
  ]

  private static func invalidToken(_ flaw: String) -> [(String, String)] {
    [("error", "invalid_token"), ("error_description", flaw)]
  }

  /// The lines of a refusal for that reason, with the challenge if it is about the token.
  func lines(for reason: RejectionReason) -> FieldBlock { lines[Int(reason.rawValue)] }

  /// The lines of the refusal of a token whose subject is a number.
  func subjectNumber(for reason: RejectionReason) -> FieldBlock {
    Self.lines(for: reason, realm, Self.invalidToken("The token's subject is a number"))
  }

  /// The lines of a refusal of a caller who lacks what a route asks for.
  func insufficientScope(_ scope: [String]) -> FieldBlock {
    let parameters = [("error", "insufficient_scope")]
    let words = scope.isEmpty ? [] : [("scope", scope.joined(separator: " "))]
    return Self.lines(for: .scopeMissing, realm, parameters + words)
  }

  private static func lines(
    for reason: RejectionReason, _ realm: String, _ parameters: [(String, String)]
  ) -> FieldBlock {
    let all = [("realm", realm)] + parameters
    let text = all.map { "\($0)=\"\(quotable($1))\"" }.joined(separator: ", ")
    return Rejection.lines(for: reason, ("WWW-Authenticate", "Bearer \(text)"))
  }

  /// The text for a quoted string (RFC 9110 §5.6.4), with nothing in it that could end it.
  private static func quotable(_ text: String) -> String {
    var quotable = ""
    for scalar in text.unicodeScalars {
      let isPlain = (0x20..<0x7F).contains(scalar.value) && scalar != "\"" && scalar != "\\"
      quotable.unicodeScalars.append(isPlain ? scalar : "?")
    }
    return quotable
  }
}
