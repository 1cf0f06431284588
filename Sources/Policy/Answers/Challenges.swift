import HTTP

/// What `WWW-Authenticate` says of each refusal (RFC 6750 §3), as ready lines.
struct Challenges: Sendable {
  private let realm: String
  /// For each reason by its number; empty for those that no other credentials would mend.
  private let lines: [FieldBlock]

  init(realm: String) {
    self.realm = realm
    lines = RejectionReason.allCases.map { reason in
      if reason == .tokenMissing { return Self.line(realm: realm, []) }
      guard let description = Self.description(of: reason) else { return FieldBlock() }
      return Self.line(realm: realm, [("error", "invalid_token"), ("error_description", description)])
    }
  }

  /// The line for a refused or missing token; none for other reasons.
  func line(for reason: RejectionReason) -> FieldBlock { lines[Int(reason.rawValue)] }

  /// The line for a caller who lacks what a route asks for.
  func insufficientScope(_ scope: [String]) -> FieldBlock {
    let parameters = [("error", "insufficient_scope")]
    return Self.line(realm: realm, scope.isEmpty ? parameters : parameters + [("scope", scope.joined(separator: " "))])
  }

  private static func line(realm: String, _ parameters: [(String, String)]) -> FieldBlock {
    let all = [("realm", realm)] + parameters
    let text = all.map { "\($0)=\"\(quotable($1))\"" }.joined(separator: ", ")
    var block = FieldBlock()
    // Quoted strings of visible characters are a field value.
    _ = block.append(name: "WWW-Authenticate", value: "Bearer \(text)")
    return block
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

  private static func description(of reason: RejectionReason) -> String? {
    switch reason {
    case .tokenMalformed: "The token is malformed"
    case .tokenAmbiguous: "The request carries different tokens"
    case .tokenTypeRefused: "The token is no access token"
    case .critUnsupported: "The token asks for an extension that is not understood"
    case .algorithmRefused: "The token is signed with an algorithm that is not accepted"
    case .issuerUnknown: "The issuer of the token is not trusted"
    case .keyUnknown: "The key of the token is not known"
    case .signatureInvalid: "The signature is not valid"
    case .tokenExpired: "The token has expired"
    case .tokenNotYetValid: "The token is not valid yet"
    case .issuedInFuture: "The token was issued in the future"
    case .expiryMissing: "The token has no expiry"
    case .lifetimeExceeded: "The token lives too long"
    case .subjectMissing: "The token names no subject"
    case .audienceMismatch: "The token is meant for another audience"
    case .tokenRevoked: "The token has been revoked"
    case .tokenMissing, .keysUnavailable, .roleMissing, .scopeMissing, .claimMismatch, .issuerNotAllowed, .addressDenied,
      .originRefused, .malformedRequestLine, .malformedTarget, .ambiguousPath, .targetTooLong, .unsupportedVersion,
      .connectRefused, .malformedField, .headTooLarge, .tooManyFields, .missingHost, .repeatedHost, .malformedHost,
      .hostMismatch, .repeatedContentLength, .malformedContentLength, .malformedTransferEncoding, .conflictingFraming,
      .repeatedAuthorization, .unsupportedExpectation, .ambiguousParameters, .encodedSlash, .notFound,
      .methodNotAllowed, .bodyTooLarge, .malformedBody, .requestTimeout, .upstreamUnreachable, .upstreamReset,
      .upstreamMalformed, .upstreamUnavailable, .upstreamTimeout, .overloaded, .internalError:
      nil
    }
  }
}
