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

  // The client's certificate.
  case certificateMissing

  // Who may do what.
  case roleMissing, scopeMissing, claimMismatch, issuerNotAllowed, addressDenied, originRefused

  // The head.
  case malformedRequestLine, malformedTarget, ambiguousPath, targetTooLong, unsupportedVersion, connectRefused
  case traceRefused, malformedField, headTooLarge, tooManyFields, missingHost, repeatedHost, malformedHost, hostMismatch
  case repeatedContentLength, malformedContentLength, malformedTransferEncoding, conflictingFraming
  case repeatedAuthorization, unsupportedExpectation

  // The connection.
  case tlsRequired

  // The route.
  case schemeMismatch, misdirectedRequest, ambiguousParameters, encodedSlash, notFound, methodNotAllowed

  // The body and the client's pace.
  case bodyTooLarge, malformedBody, requestTimeout

  // The hosted endpoints.
  case unsupportedMediaType, invalidBody, registrationClosed, userExists, credentialsInvalid, loginThrottled
  case inviteInvalid, passwordBreached
  case refreshInvalid, tokenReused, sessionMissing, currentInvalid, rateLimited
  case accountsBusy, storeUnavailable

  // Upstreams and the gateway itself.
  case upstreamUnreachable, upstreamUntrusted, upstreamReset, upstreamMalformed, upstreamUnavailable, upstreamTimeout
  case overloaded, internalError

  /// The status of the answer.
  ///
  /// Refused tokens get the configured `reject_status` in place of the 401 here.
  package var status: Int { form.status }

  /// The word in the body, the access log and the metric's label.
  package var word: StaticString { form.word }

  /// The text for the client.
  package var message: StaticString { form.message }

  /// True if nothing more can be read from the client's connection after the answer.
  package var closes: Bool { form.closes }

  /// The seconds of `Retry-After`, for trouble that passes by itself; nil for the rest.
  var retryAfter: Int? { form.retryAfter }

  /// True if the token is at fault, so that the status is the configured one.
  var isForToken: Bool { form.subject == .token }

  /// The flaw of a token that is there, in words for its sender; nil for all other reasons.
  var tokenFlaw: StaticString? { form.flaw }

  /// True if the caller is known and lacks what the route asks for.
  var isForLack: Bool { form.subject == .entitlement }

  /// All that there is to know of a reason.
  private struct Form {
    /// The part of the request that a reason speaks of.
    enum Subject {
      case token
      /// The rights of a caller who is known.
      case entitlement
      case other
    }

    let status: Int
    let word: StaticString
    let message: StaticString
    let subject: Subject
    let closes: Bool
    let retryAfter: Int?
    /// The flaw of a token that is there; nil for all other reasons.
    private(set) var flaw: StaticString?

    init(
      _ status: Int, _ word: StaticString, _ message: StaticString, for subject: Subject = .other,
      closes: Bool = false, retryAfter: Int? = nil
    ) {
      self.status = status
      self.word = word
      self.message = message
      self.subject = subject
      self.closes = closes
      self.retryAfter = retryAfter
    }

    /// A token that is there and refused.
    ///
    /// - Parameter flaw: what `error_description` says of it (RFC 6750 §3).
    static func token(_ word: StaticString, _ flaw: StaticString) -> Form {
      var form = Form(401, word, "Token is invalid!", for: .token)
      form.flaw = flaw
      return form
    }

    /// A caller who is known and may not.
    static func lack(_ word: StaticString) -> Form { Form(403, word, "Forbidden!", for: .entitlement) }

    /// A request that is refused for its address or origin.
    static func forbidden(_ word: StaticString) -> Form { Form(403, word, "Forbidden!") }

    static func head(_ rejection: HeadRejection) -> Form {
      Form(rejection.status, rejection.reason, rejection.message, closes: true)
    }
  }

  private var form: Form {
    switch self {
    case .tokenMissing: Form(401, "token_missing", "Token is missing!", for: .token)
    case .tokenTooLarge: .token("token_too_large", "The token is too large")
    case .tokenMalformed: .token("token_malformed", "The token is malformed")
    case .tokenAmbiguous: .token("token_ambiguous", "The request carries different tokens")
    case .tokenTypeRefused: .token("token_type_refused", "The token is no access token")
    case .critUnsupported: .token("crit_unsupported", "The token asks for an extension that is not understood")
    case .algorithmRefused: .token("algorithm_refused", "The token is signed with an algorithm that is not accepted")
    case .issuerUnknown: .token("issuer_unknown", "The issuer of the token is not trusted")
    case .keyUnknown: .token("key_unknown", "The key of the token is not known")
    case .signatureInvalid: .token("signature_invalid", "The signature is not valid")
    case .tokenExpired: .token("token_expired", "The token has expired")
    case .tokenNotYetValid: .token("token_not_yet_valid", "The token is not valid yet")
    case .issuedInFuture: .token("issued_in_future", "The token was issued in the future")
    case .expiryMissing: .token("expiry_missing", "The token has no expiry")
    case .lifetimeExceeded: .token("lifetime_exceeded", "The token lives too long")
    case .subjectMissing: .token("subject_missing", "The token names no subject")
    case .audienceMismatch: .token("audience_mismatch", "The token is meant for another audience")
    case .tokenBindingFailed: .token("token_binding_failed", "The token is not bound to this client")
    case .tokenRevoked: .token("token_revoked", "The token has been revoked")
    case .keysUnavailable:
      Form(503, "keys_unavailable", "The keys to verify the token with are not available.", retryAfter: 5)

    case .certificateMissing: Form(401, "certificate_missing", "A client certificate is missing!", for: .token)

    case .roleMissing: .lack("role_missing")
    case .scopeMissing: .lack("scope_missing")
    case .claimMismatch: .lack("claim_mismatch")
    case .issuerNotAllowed: .lack("issuer_not_allowed")
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

    case .schemeMismatch:
      Form(400, "scheme_mismatch", "The request target names another scheme than the request was sent with.")
    case .misdirectedRequest:
      Form(421, "misdirected_request", "This host is served by another listener, which asks for other certificates.")
    case .ambiguousParameters:
      Form(400, "ambiguous_parameters", "The path means two things: one with its parameters, one without.")
    case .encodedSlash: Form(400, "encoded_slash", "The path holds an encoded slash.")
    case .notFound: Form(404, "not_found", "Not found!")
    case .methodNotAllowed: Form(405, "method_not_allowed", "Method not allowed!")

    case .bodyTooLarge: Form(413, "body_too_large", "The request body is too large.")
    case .malformedBody: Form(400, "malformed_body", "The request body is malformed.", closes: true)
    case .tlsRequired:
      Form(400, "tls_required", "This port speaks TLS: use https.", closes: true)
    case .requestTimeout: Form(408, "request_timeout", "The request took too long.", closes: true)

    case .unsupportedMediaType: Form(415, "unsupported_media_type", "The body must be application/json.")
    case .invalidBody: Form(400, "invalid_body", "The body is not what this endpoint takes.")
    case .registrationClosed: Form(403, "registration_closed", "Registration is closed.")
    case .userExists: Form(409, "user_exists", "User already exists!")
    case .credentialsInvalid: Form(401, "credentials_invalid", "Invalid credentials!")
    case .loginThrottled: Form(429, "login_throttled", "Too many logins have failed; try again later.")
    case .inviteInvalid: Form(403, "invite_invalid", "Registering takes an invite that is still good.")
    case .passwordBreached:
      Form(400, "password_breached", "The password is in a list of stolen ones; choose another.")
    case .refreshInvalid: Form(401, "refresh_invalid", "The refresh token is not valid.")
    case .tokenReused: Form(401, "token_reused", "The refresh token was used before; its session has ended.")
    case .sessionMissing: Form(400, "session_missing", "The token belongs to no session.")
    case .currentInvalid: Form(403, "current_invalid", "The current password is wrong.")
    case .rateLimited: Form(429, "rate_limited", "Too many requests; try again later.")
    case .accountsBusy:
      Form(503, "accounts_busy", "Too many passwords are being looked at; try again later.", retryAfter: 2)
    case .storeUnavailable:
      Form(503, "store_unavailable", "The accounts can't be looked up or changed; try again later.", retryAfter: 5)

    case .upstreamUnreachable: Form(502, "upstream_unreachable", "The service can't be reached.")
    case .upstreamUntrusted: Form(502, "upstream_untrusted", "The service can't prove who it is.")
    case .upstreamReset: Form(502, "upstream_reset", "The service broke off.")
    case .upstreamMalformed: Form(502, "upstream_malformed", "The service gave no proper answer.")
    case .upstreamUnavailable: Form(503, "upstream_unavailable", "The service is not available.", retryAfter: 1)
    case .upstreamTimeout: Form(504, "upstream_timeout", "The service took too long.")
    case .overloaded: Form(503, "overloaded", "The gateway has too much to do.", closes: true, retryAfter: 1)
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
