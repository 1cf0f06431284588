/// The reason why an upstream's response is not relayed.
///
/// The client gets 502 and the upstream connection is closed.
package enum ResponseRejection: Error, Sendable, Equatable, CaseIterable {
  case malformedStatusLine
  case unsupportedVersion
  case malformedField
  case headTooLarge
  case tooManyFields
  /// Lengths that differ; the same one repeated is taken.
  case repeatedContentLength
  case malformedContentLength
  case malformedTransferEncoding
  /// `Content-Length` and `Transfer-Encoding` together.
  case conflictingFraming

  /// The word for the log.
  package var reason: StaticString {
    switch self {
    case .malformedStatusLine: "malformed_status_line"
    case .unsupportedVersion: "unsupported_version"
    case .malformedField: "malformed_field"
    case .headTooLarge: "head_too_large"
    case .tooManyFields: "too_many_fields"
    case .repeatedContentLength: "repeated_content_length"
    case .malformedContentLength: "malformed_content_length"
    case .malformedTransferEncoding: "malformed_transfer_encoding"
    case .conflictingFraming: "conflicting_framing"
    }
  }
}
