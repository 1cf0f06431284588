import Bytes

/// Reads request heads, every octet checked against grammar and limits (RFC 9112 §2–§5).
///
/// Give ``parse(_:into:)`` the same bytes with more behind them, and the same head, until it no longer says `needsMore`. The
/// verdict depends on the bytes alone, not on how they came in pieces, and no piece is searched twice for the end of a line.
/// Afterwards the parser is ready for the next request.
package struct RequestHeadParser: ~Copyable {
  private enum Stage {
    case beforeRequestLine
    case requestLine(at: Int)
    case fields(FieldSection)
  }

  package let limits: HeadLimits
  private var stage = Stage.beforeRequestLine
  /// No LF lies between the last line that is not complete and here.
  private var searched = 0

  package init(limits: HeadLimits = .request) { self.limits = limits }

  /// Reads as much of a head as there is; `bytes` begin with the first byte of the request.
  package mutating func parse(_ bytes: Span<UInt8>, into head: inout RequestHead) -> HeadParse {
    if searched > 0, isHopeless(bytes) { return .needsMore }
    do throws(HeadRejection) {
      guard let end = try advance(bytes.extracting(first: limits.headBytes), into: &head) else {
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

  /// Whether anything of a request has been seen, beyond the empty line that may stand before one.
  package var hasBegun: Bool {
    switch stage {
    case .beforeRequestLine: false
    case .requestLine, .fields: true
    }
  }

  /// Forgets what was seen of a head.
  package mutating func reset() {
    stage = .beforeRequestLine
    searched = 0
  }

  /// Whether reading again would change nothing: no line has ended since, and no limit has been reached.
  private mutating func isHopeless(_ bytes: Span<UInt8>) -> Bool {
    switch stage {
    case .beforeRequestLine: return false
    case .requestLine:
      // A target that is too long already must be refused without its end.
      if bytes.count > limits.targetBytes { return false }
    case .fields: break
    }
    guard bytes.count < limits.headBytes, bytes.firstIndex(of: ASCII.lineFeed, from: searched) == nil else {
      return false
    }
    searched = bytes.count
    return true
  }

  /// Goes on where it stopped; the end of the head if that is in sight.
  private mutating func advance(_ bytes: Span<UInt8>, into head: inout RequestHead) throws(HeadRejection) -> Int? {
    while true {
      switch stage {
      case .beforeRequestLine:
        guard bytes.count > 0 else { return nil }
        var start = 0
        if bytes[0] == ASCII.carriageReturn {
          guard bytes.count > 1 else { return nil }
          guard bytes[1] == ASCII.lineFeed else { throw .malformedRequestLine }
          start = 2
          guard bytes.count > 2 else { return nil }
        }
        head.fields.removeAll()
        stage = .requestLine(at: start)
      case .requestLine(let start):
        guard let line = try RequestLine(bytes, at: start, targetMax: limits.targetBytes) else { return nil }
        head.version = line.version
        head.method = Method(token: bytes.extracting(line.method))
        head.rawTargetRange = line.target
        guard head.method != .connect else { throw .connectRefused }
        try head.target.parse(bytes.extracting(line.target), method: head.method)
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
          try head.settle()
          return end
        }
      }
    }
  }
}
