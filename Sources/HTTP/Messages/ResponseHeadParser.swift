import Bytes

/// Reads the heads of upstreams' responses under the same suspicion as those of requests (RFC 9112 §4–§6).
///
/// Give ``parse(_:requestMethod:into:)`` the same bytes with more behind them, and the same head, until it no longer says
/// `needsMore`. Afterwards the parser is ready for the next response.
package struct ResponseHeadParser: ~Copyable {
  private enum Stage {
    case statusLine
    case fields(FieldSection)
  }

  package let limits: HeadLimits
  private var stage = Stage.statusLine
  /// No LF lies between the last line that is not complete and here.
  private var searched = 0

  package init(limits: HeadLimits = .response) { self.limits = limits }

  /// Reads as much of a head as there is; `bytes` begin with the first byte of the response to a request of that method.
  package mutating func parse(
    _ bytes: Span<UInt8>, requestMethod: Method, into head: inout ResponseHead
  ) -> ResponseHeadParse {
    if searched > 0, bytes.count < limits.headBytes, bytes.firstIndex(of: ASCII.lineFeed, from: searched) == nil {
      searched = bytes.count
      return .needsMore
    }
    do throws(ResponseRejection) {
      guard let end = try advance(bytes.extracting(first: limits.headBytes), requestMethod: requestMethod, into: &head)
      else {
        if bytes.count >= limits.headBytes { throw .headTooLarge }
        searched = bytes.count
        return .needsMore
      }
      reset()
      return .complete(byteCount: end)
    } catch {
      reset()
      return .rejected(error)
    }
  }

  /// Forgets what was seen of a head.
  package mutating func reset() {
    stage = .statusLine
    searched = 0
  }

  /// Goes on where it stopped; the end of the head if that is in sight.
  private mutating func advance(
    _ bytes: Span<UInt8>, requestMethod: Method, into head: inout ResponseHead
  ) throws(ResponseRejection) -> Int? {
    while true {
      switch stage {
      case .statusLine:
        guard let line = try StatusLine(bytes) else { return nil }
        head.fields.removeAll()
        head.version = line.version
        head.status = line.status
        head.reasonRange = line.reason
        stage = .fields(FieldSection(at: line.end, maxCount: limits.fieldCount))
      case .fields(var section):
        switch section.read(bytes, into: &head.fields) {
        case .needsMore:
          stage = .fields(section)
          return nil
        case .malformed: throw .malformedField
        case .tooMany: throw .tooManyFields
        case .complete(let end):
          head.fields.keep(bytes.extracting(0..<end))
          try head.settle(requestMethod: requestMethod)
          return end
        }
      }
    }
  }
}

extension ResponseHead {
  /// Decides what the fields mean together.
  fileprivate mutating func settle(requestMethod: Method) throws(ResponseRejection) {
    contentLength = try announcedLength()
    framing = try responseFraming(requestMethod: requestMethod)
    guard ConnectionOptions.count(in: fields) <= ConnectionOptions.countMax else { throw .tooManyFields }
    keepsAlive = fields.keepsConnection(version) && framing != .untilClose
  }

  private func announcedLength() throws(ResponseRejection) -> UInt64? {
    guard let line = fields.first(.contentLength) else { return nil }
    guard !fields.repeated.contains(.contentLength) else { throw .repeatedContentLength }
    guard let length = fields.value(at: line).contentLength else { throw .malformedContentLength }
    return length
  }

  /// How the end of the body is found (RFC 9112 §6.3).
  ///
  /// The one place where that is decided for responses.
  private func responseFraming(requestMethod: Method) throws(ResponseRejection) -> MessageFraming {
    let isChunked = fields.contains(.transferEncoding)
    if isChunked {
      guard contentLength == nil else { throw .conflictingFraming }
      guard version == .http11, fields.isChunkedOnce else { throw .malformedTransferEncoding }
    }
    if status < 200 || status == 204 || status == 304 || requestMethod == .head { return .none }
    if isChunked { return .chunked }
    if let contentLength { return .length(contentLength) }
    return .untilClose
  }
}
