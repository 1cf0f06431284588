import Bytes

/// Reads the heads of upstreams' responses under the same suspicion as those of requests (RFC 9112 §4–§6).
///
/// Give ``parse(_:requestMethod:into:)`` the same bytes with more behind them, and the same head, until it no longer says
/// `needsMore`. Afterwards the parser is ready for the next response.
package struct ResponseHeadParser: ~Copyable {
  private enum Stage {
    /// The place up to which the reason has been judged.
    case statusLine(judged: Int)
    case fields(FieldSection)
  }

  package let limits: HeadLimits
  private var stage = Stage.statusLine(judged: 0)
  /// The framing of the body behind the last complete head.
  package private(set) var framing = MessageFraming.none
  /// True if the upstream keeps the connection for another request once the last response has ended (RFC 9112 §9.3).
  package private(set) var keepsConnection = true

  package init(limits: HeadLimits = .response) { self.limits = limits }

  /// Reads as much of a head as there is; `bytes` begin with the first byte of the response to a request of that method.
  package mutating func parse(
    _ bytes: Span<UInt8>, requestMethod: Method, into head: inout ResponseHead
  ) -> ResponseHeadParse {
    do throws(ResponseRejection) {
      guard let end = try advance(bytes.extracting(first: limits.headBytes), requestMethod: requestMethod, into: &head)
      else {
        if bytes.count >= limits.headBytes { throw .headTooLarge }
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
  package mutating func reset() { stage = .statusLine(judged: 0) }

  /// Goes on where it stopped; the end of the head if that is in sight.
  private mutating func advance(
    _ bytes: Span<UInt8>, requestMethod: Method, into head: inout ResponseHead
  ) throws(ResponseRejection) -> Int? {
    while true {
      switch stage {
      case .statusLine(var judged):
        var found = StatusLine(usual: bytes)
        if found == nil { found = try StatusLine(bytes, judged: &judged) }
        guard let line = found else {
          stage = .statusLine(judged: judged)
          return nil
        }
        head.fields.removeAll()
        head.storage.value.version = line.version
        head.storage.value.status = line.status
        head.storage.value.reasonRange = line.reason
        stage = .fields(FieldSection(at: line.end, maxCount: limits.fieldCount))
      case .fields(var section):
        switch section.read(bytes, into: &head.fields) {
        case .needsMore:
          stage = .fields(section)
          return nil
        case .malformed: throw .malformedField
        case .tooMany: throw .tooManyFields
        case .complete(let end):
          head.fields.keep(bytes.extracting(first: end))
          try settle(&head, requestMethod: requestMethod)
          return end
        }
      }
    }
  }

  /// Decides what the fields mean together.
  private mutating func settle(
    _ head: inout ResponseHead, requestMethod: Method
  ) throws(ResponseRejection) {
    head.storage.value.contentLength = try head.announcedLength()
    framing = try head.framing(requestMethod: requestMethod)
    head.storage.value.body = framing.bodyLength
    let options = ConnectionOptions(head.fields, naming: &head.storage.value.nominated)
    guard options.count <= ConnectionOptions.countMax else { throw .tooManyFields }
    keepsConnection = options.keepsConnection(head.version) && !framing.isUntilClose
  }
}

extension ResponseHead {
  /// The length that `Content-Length` says; said several times, in lines or in a list, it must be the same each time (RFC 9110 §8.6).
  ///
  /// The head that the client gets says it once.
  fileprivate func announcedLength() throws(ResponseRejection) -> UInt64? {
    var index = fields.first(.contentLength)
    if let line = index, !fields.repeated.contains(.contentLength), let length = fields.value(at: line).contentLength {
      return length
    }
    var announced: UInt64?
    while let line = index {
      let value = fields.value(at: line)
      if let length = value.contentLength {
        guard announced == nil || announced == length else { throw .repeatedContentLength }
        announced = length
      } else {
        announced = try commonLength(in: value, and: announced)
      }
      index = fields.next(.contentLength, from: line &+ 1)
    }
    return announced
  }

  /// The greatest number of times that a list may say a length.
  private static let lengthMax = 16

  /// The length that all elements of a list say, and that was said before it.
  private func commonLength(in list: Span<UInt8>, and known: UInt64?) throws(ResponseRejection) -> UInt64? {
    var announced = known
    var start = 0
    var count = 0
    // An empty element, or none, is malformed, so this is no list as others are.
    while start <= list.count {
      count &+= 1
      guard count <= Self.lengthMax else { throw .malformedContentLength }
      let end = list.firstIndex(of: UInt8(ascii: ","), from: start) ?? list.count
      guard let length = list.extracting(start..<end).trimmed.contentLength else { throw .malformedContentLength }
      guard announced == nil || announced == length else { throw .repeatedContentLength }
      announced = length
      start = end &+ 1
    }
    return announced
  }

  /// The framing of the body (RFC 9112 §6.3).
  ///
  /// The one place where that is decided for responses.
  fileprivate func framing(requestMethod: Method) throws(ResponseRejection) -> MessageFraming {
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
