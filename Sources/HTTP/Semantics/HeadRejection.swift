/// The reason why a request head is refused before anything is decided about it.
///
/// After each of these the connection is closed: where the next message begins is not certain.
package enum HeadRejection: Error, Sendable, Equatable {
  case malformedRequestLine
  /// A method with a lower-case letter: servers that compare methods without case execute `post` as they do `POST`.
  case lowercaseMethod
  /// The same in the question of a browser (`Access-Control-Request-Method`).
  case lowercaseRequestedMethod
  case malformedTarget
  case ambiguousPath(PathFault)
  case targetTooLong
  case unsupportedVersion
  /// CONNECT: this is no forward proxy.
  case connectRefused
  /// TRACE: its answer would show the client what the gateway tells the upstream.
  case traceRefused
  case malformedField
  case headTooLarge
  case tooManyFields
  case missingHost
  case repeatedHost
  case malformedHost
  /// The target's authority is another one than `Host`.
  case hostMismatch
  case repeatedContentLength
  case malformedContentLength
  case malformedTransferEncoding
  /// `Content-Length` and `Transfer-Encoding` together.
  case conflictingFraming
  case repeatedAuthorization
  case unsupportedExpectation

  /// The status to answer with.
  package var status: Int {
    switch self {
    case .malformedRequestLine, .lowercaseMethod, .lowercaseRequestedMethod, .malformedTarget, .ambiguousPath,
      .malformedField, .missingHost, .repeatedHost,
      .malformedHost, .hostMismatch, .repeatedContentLength, .malformedContentLength, .malformedTransferEncoding,
      .conflictingFraming, .repeatedAuthorization:
      400
    case .connectRefused, .traceRefused: 405
    case .targetTooLong: 414
    case .unsupportedExpectation: 417
    case .headTooLarge, .tooManyFields: 431
    case .unsupportedVersion: 505
    }
  }

  /// The word for the body, the access log and the metric's label.
  package var reason: StaticString {
    switch self {
    case .malformedRequestLine, .lowercaseMethod: "malformed_request_line"
    case .malformedTarget: "malformed_target"
    case .ambiguousPath: "ambiguous_path"
    case .targetTooLong: "target_too_long"
    case .unsupportedVersion: "unsupported_version"
    case .connectRefused: "connect_refused"
    case .traceRefused: "trace_refused"
    case .malformedField, .lowercaseRequestedMethod: "malformed_field"
    case .headTooLarge: "head_too_large"
    case .tooManyFields: "too_many_fields"
    case .missingHost: "missing_host"
    case .repeatedHost: "repeated_host"
    case .malformedHost: "malformed_host"
    case .hostMismatch: "host_mismatch"
    case .repeatedContentLength: "repeated_content_length"
    case .malformedContentLength: "malformed_content_length"
    case .malformedTransferEncoding: "malformed_transfer_encoding"
    case .conflictingFraming: "conflicting_framing"
    case .repeatedAuthorization: "repeated_authorization"
    case .unsupportedExpectation: "unsupported_expectation"
    }
  }

  /// The sentence for the client.
  package var message: StaticString {
    switch self {
    case .malformedRequestLine: "The request line is malformed."
    case .lowercaseMethod: "The method has a lower-case letter; methods are written in upper case."
    case .lowercaseRequestedMethod:
      "Access-Control-Request-Method has a lower-case letter; methods are written in upper case."
    case .malformedTarget: "The request target is malformed."
    case .ambiguousPath(let fault): fault.message
    case .targetTooLong: "The request target is too long."
    case .unsupportedVersion: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
    case .connectRefused: "CONNECT is not served here."
    case .traceRefused: "TRACE is not served here."
    case .malformedField: "A header field is malformed."
    case .headTooLarge: "The request head is too large."
    case .tooManyFields: "The request has too many header fields."
    case .missingHost: "The Host field is missing."
    case .repeatedHost: "There is more than one Host field."
    case .malformedHost: "The Host field is malformed."
    case .hostMismatch: "The request target and the Host field name different hosts."
    case .repeatedContentLength: "There is more than one Content-Length field."
    case .malformedContentLength: "The Content-Length field is malformed."
    case .malformedTransferEncoding: "The only transfer coding taken is chunked, once, on HTTP/1.1."
    case .conflictingFraming: "Content-Length and Transfer-Encoding must not stand together."
    case .repeatedAuthorization: "There is more than one Authorization field."
    case .unsupportedExpectation: "The only expectation taken is 100-continue."
    }
  }
}
