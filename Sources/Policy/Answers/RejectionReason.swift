package import HTTP
import Tokens

/// Every reason for which the gateway refuses a request or fails it: the one table of statuses, words and texts.
package enum RejectionReason: UInt8, Error, Sendable, Hashable, CaseIterable {
  // The token, in the order in which reasons are given.
  case tokenMissing, tokenTooLarge, tokenMalformed, tokenAmbiguous, tokenTypeRefused, critUnsupported, algorithmRefused
  case issuerUnknown, keyUnknown, signatureInvalid, tokenExpired, tokenNotYetValid, issuedInFuture, expiryMissing,
    lifetimeExceeded
  case subjectMissing, audienceMismatch, tokenBindingFailed, tokenRevoked
  case keysUnavailable

  // Who may do what.
  case roleMissing, scopeMissing, claimMismatch, issuerNotAllowed, addressDenied, originRefused

  // The head.
  case malformedRequestLine, malformedTarget, ambiguousPath, targetTooLong, unsupportedVersion, connectRefused
  case traceRefused, malformedField, headTooLarge, tooManyFields, missingHost, repeatedHost, malformedHost, hostMismatch
  case repeatedContentLength, malformedContentLength, malformedTransferEncoding, conflictingFraming
  case repeatedAuthorization, unsupportedExpectation

  // The route.
  case ambiguousParameters, encodedSlash, notFound, methodNotAllowed

  // The body and the client's pace.
  case bodyTooLarge, malformedBody, requestTimeout

  // The hosted endpoints.
  case unsupportedMediaType, invalidBody, registrationClosed, userExists, credentialsInvalid, loginThrottled
  case accountsBusy, storeUnavailable

  // Upstreams and the gateway itself.
  case upstreamUnreachable, upstreamReset, upstreamMalformed, upstreamUnavailable, upstreamTimeout
  case overloaded, internalError

  /// The status of the answer.
  ///
  /// Refused tokens get the configured `reject_status` in place of the 401 here.
  package var status: Int { form.status }

  /// The word in the body, the access log and the metric's label.
  package var word: StaticString { form.word }

  /// What the client is told.
  package var message: StaticString { form.message }

  /// Whether nothing more can be read from the client's connection once the answer is sent.
  package var closes: Bool { form.closes }

  /// When to come again, in seconds, for what mends itself; nil for the rest.
  var retryAfter: Int? {
    guard status == 503 else { return nil }
    if self == .keysUnavailable || self == .storeUnavailable { return 5 }
    return self == .accountsBusy ? 2 : 1
  }

  /// Whether the token is what is wrong, so that the status is the configured one.
  var isForToken: Bool { rawValue <= Self.tokenRevoked.rawValue }

  /// Whether the caller is known and lacks what the route asks for.
  var isForLack: Bool {
    (Self.roleMissing.rawValue...Self.issuerNotAllowed.rawValue).contains(rawValue)
  }

  private struct Form {
    let status: Int
    let word: StaticString
    let message: StaticString
    let closes: Bool

    init(_ status: Int, _ word: StaticString, _ message: StaticString, closes: Bool = false) {
      self.status = status
      self.word = word
      self.message = message
      self.closes = closes
    }

    /// A token that is there and refused.
    static func token(_ word: StaticString) -> Form { Form(401, word, "Token is invalid!") }

    /// A caller who is known and may not.
    static func forbidden(_ word: StaticString) -> Form { Form(403, word, "Forbidden!") }

    static func head(_ rejection: HeadRejection) -> Form {
      Form(rejection.status, rejection.reason, rejection.message, closes: true)
    }
  }

  private var form: Form {
    switch self {
    case .tokenMissing: Form(401, "token_missing", "Token is missing!")
    case .tokenTooLarge: .token("token_too_large")
    case .tokenMalformed: .token("token_malformed")
    case .tokenAmbiguous: .token("token_ambiguous")
    case .tokenTypeRefused: .token("token_type_refused")
    case .critUnsupported: .token("crit_unsupported")
    case .algorithmRefused: .token("algorithm_refused")
    case .issuerUnknown: .token("issuer_unknown")
    case .keyUnknown: .token("key_unknown")
    case .signatureInvalid: .token("signature_invalid")
    case .tokenExpired: .token("token_expired")
    case .tokenNotYetValid: .token("token_not_yet_valid")
    case .issuedInFuture: .token("issued_in_future")
    case .expiryMissing: .token("expiry_missing")
    case .lifetimeExceeded: .token("lifetime_exceeded")
    case .subjectMissing: .token("subject_missing")
    case .audienceMismatch: .token("audience_mismatch")
    case .tokenBindingFailed: .token("token_binding_failed")
    case .tokenRevoked: .token("token_revoked")
    case .keysUnavailable: Form(503, "keys_unavailable", "The keys to verify the token with are not available.")

    case .roleMissing: .forbidden("role_missing")
    case .scopeMissing: .forbidden("scope_missing")
    case .claimMismatch: .forbidden("claim_mismatch")
    case .issuerNotAllowed: .forbidden("issuer_not_allowed")
    case .addressDenied: .forbidden("address_denied")
    case .originRefused: .forbidden("origin_refused")

    case .malformedRequestLine: .head(.malformedRequestLine)
    case .malformedTarget: .head(.malformedTarget)
    case .ambiguousPath: .head(.ambiguousPath(.malformedEscape))
    case .targetTooLong: .head(.targetTooLong)
    case .unsupportedVersion: .head(.unsupportedVersion)
    case .connectRefused: .head(.connectRefused)
    case .traceRefused: .head(.traceRefused)
    case .malformedField: .head(.malformedField)
    case .headTooLarge: .head(.headTooLarge)
    case .tooManyFields: .head(.tooManyFields)
    case .missingHost: .head(.missingHost)
    case .repeatedHost: .head(.repeatedHost)
    case .malformedHost: .head(.malformedHost)
    case .hostMismatch: .head(.hostMismatch)
    case .repeatedContentLength: .head(.repeatedContentLength)
    case .malformedContentLength: .head(.malformedContentLength)
    case .malformedTransferEncoding: .head(.malformedTransferEncoding)
    case .conflictingFraming: .head(.conflictingFraming)
    case .repeatedAuthorization: .head(.repeatedAuthorization)
    case .unsupportedExpectation: .head(.unsupportedExpectation)

    case .ambiguousParameters:
      Form(400, "ambiguous_parameters", "The path means two things: one with its parameters, one without.")
    case .encodedSlash: Form(400, "encoded_slash", "The path holds an encoded slash.")
    case .notFound: Form(404, "not_found", "Not found!")
    case .methodNotAllowed: Form(405, "method_not_allowed", "Method not allowed!")

    case .bodyTooLarge: Form(413, "body_too_large", "The request body is too large.")
    case .malformedBody: Form(400, "malformed_body", "The request body is malformed.", closes: true)
    case .requestTimeout: Form(408, "request_timeout", "The request took too long.", closes: true)

    case .unsupportedMediaType: Form(415, "unsupported_media_type", "The body must be application/json.")
    case .invalidBody: Form(400, "invalid_body", "The body is not what this endpoint takes.")
    case .registrationClosed: Form(403, "registration_closed", "Registration is closed.")
    case .userExists: Form(409, "user_exists", "User already exists!")
    case .credentialsInvalid: Form(401, "credentials_invalid", "Invalid credentials!")
    case .loginThrottled: Form(429, "login_throttled", "Too many logins have failed; try again later.")
    case .accountsBusy: Form(503, "accounts_busy", "Too many passwords are being looked at; try again later.")
    case .storeUnavailable:
      Form(503, "store_unavailable", "The accounts can't be looked up or changed; try again later.")

    case .upstreamUnreachable: Form(502, "upstream_unreachable", "The service can't be reached.")
    case .upstreamReset: Form(502, "upstream_reset", "The service broke off.")
    case .upstreamMalformed: Form(502, "upstream_malformed", "The service gave no proper answer.")
    case .upstreamUnavailable: Form(503, "upstream_unavailable", "The service is not available.")
    case .upstreamTimeout: Form(504, "upstream_timeout", "The service took too long.")
    case .overloaded: Form(503, "overloaded", "The gateway has too much to do.", closes: true)
    case .internalError: Form(500, "internal_error", "Something went wrong in the gateway.")
    }
  }
}

extension RejectionReason {
  /// The reason that a refused token is.
  init(_ rejection: TokenRejection) {
    self =
      switch rejection {
      case .missing: .tokenMissing
      case .tooLarge: .tokenTooLarge
      case .malformed: .tokenMalformed
      case .ambiguous: .tokenAmbiguous
      case .typeRefused: .tokenTypeRefused
      case .criticalUnsupported: .critUnsupported
      case .algorithmRefused: .algorithmRefused
      case .issuerUnknown: .issuerUnknown
      case .keysUnavailable: .keysUnavailable
      case .keyUnknown: .keyUnknown
      case .signatureInvalid: .signatureInvalid
      case .expired: .tokenExpired
      case .notYetValid: .tokenNotYetValid
      case .issuedInFuture: .issuedInFuture
      case .expiryMissing: .expiryMissing
      case .lifetimeExceeded: .lifetimeExceeded
      case .subjectMissing: .subjectMissing
      case .audienceMismatch: .audienceMismatch
      case .bindingFailed: .tokenBindingFailed
      case .revoked: .tokenRevoked
      }
  }

  /// The reason that a refused head is.
  package init(_ rejection: HeadRejection) {
    self =
      switch rejection {
      case .malformedRequestLine, .lowercaseMethod: .malformedRequestLine
      case .malformedTarget: .malformedTarget
      case .ambiguousPath: .ambiguousPath
      case .targetTooLong: .targetTooLong
      case .unsupportedVersion: .unsupportedVersion
      case .connectRefused: .connectRefused
      case .traceRefused: .traceRefused
      case .malformedField, .lowercaseRequestedMethod: .malformedField
      case .headTooLarge: .headTooLarge
      case .tooManyFields: .tooManyFields
      case .missingHost: .missingHost
      case .repeatedHost: .repeatedHost
      case .malformedHost: .malformedHost
      case .hostMismatch: .hostMismatch
      case .repeatedContentLength: .repeatedContentLength
      case .malformedContentLength: .malformedContentLength
      case .malformedTransferEncoding: .malformedTransferEncoding
      case .conflictingFraming: .conflictingFraming
      case .repeatedAuthorization: .repeatedAuthorization
      case .unsupportedExpectation: .unsupportedExpectation
      }
  }
}
