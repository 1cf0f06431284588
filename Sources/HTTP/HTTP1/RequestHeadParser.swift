import Bytes

/// Reads request heads, every octet checked against grammar and limits (RFC 9112 §2–§5).
///
/// Give ``parse(_:into:)`` the same bytes with more behind them, and the same head, until it no longer says `needsMore`. The
/// verdict depends on the bytes alone, not on how they came in pieces: octets are judged in their order, each once, and what lies
/// behind a limit is not looked at. Afterwards the parser is ready for the next request.
package struct RequestHeadParser: ~Copyable {
  private enum Stage {
    case beforeRequestLine
    /// The place where the line begins, and the one up to which its target has been judged.
    case requestLine(start: Int, judged: Int)
    case fields(FieldSection)
  }

  package let limits: HeadLimits
  private var stage = Stage.beforeRequestLine
  /// True if the client of the last complete head wants the connection kept for another request (RFC 9112 §9.3).
  package private(set) var keepsConnection = true

  package init(limits: HeadLimits = .request) { self.limits = limits }

  /// Reads as much of a head as there is; `bytes` begin with the first byte of the request.
  package mutating func parse(_ bytes: Span<UInt8>, into head: inout RequestHead) -> HeadParse {
    do throws(HeadRejection) {
      guard let end = try advance(bytes.extracting(first: limits.headBytes), into: &head) else {
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

  /// True once anything of a request has been seen, beyond the empty line that may stand before one.
  package var hasBegun: Bool {
    switch stage {
    case .beforeRequestLine: false
    case .requestLine, .fields: true
    }
  }

  /// Forgets what was seen of a head.
  package mutating func reset() { stage = .beforeRequestLine }

  /// Goes on where it stopped; the end of the head if that is in sight.
  private mutating func advance(_ bytes: Span<UInt8>, into head: inout RequestHead) throws(HeadRejection) -> Int? {
    while true {
      switch stage {
      case .beforeRequestLine:
        // What is refused before its line could be read is not answered as the request before it was.
        head.storage.value.method = .get
        head.storage.value.version = .http11
        guard let start = try Self.startOfRequestLine(bytes) else { return nil }
        head.fields.removeAll()
        stage = .requestLine(start: start, judged: start)
      case .requestLine(let start, var judged):
        if judged == start, let line = RequestLine(usual: bytes, at: start, targetMax: limits.targetBytes) {
          try head.begin(line, in: bytes)
          stage = .fields(FieldSection(at: line.end, maxCount: limits.fieldCount))
          continue
        }
        guard let line = try RequestLine(bytes, at: start, targetMax: limits.targetBytes, judged: &judged) else {
          stage = .requestLine(start: start, judged: judged)
          return nil
        }
        try head.begin(line, in: bytes)
        stage = .fields(FieldSection(at: line.end, maxCount: limits.fieldCount))
      case .fields(var section):
        switch section.read(bytes, into: &head.fields, guarding: limits.guardedNames) {
        case .needsMore:
          stage = .fields(section)
          return nil
        case .malformed: throw .malformedField
        case .tooMany: throw .tooManyFields
        case .complete(let end):
          head.fields.keep(bytes.extracting(first: end))
          keepsConnection = try head.settle()
          return end
        }
      }
    }
  }

  /// Behind the one empty line that is skipped before a request (RFC 9112 §2.2); nil while that is uncertain.
  private static func startOfRequestLine(_ bytes: Span<UInt8>) throws(HeadRejection) -> Int? {
    guard bytes.count > 0 else { return nil }
    guard bytes[0] == ASCII.carriageReturn else { return 0 }
    guard bytes.count > 1 else { return nil }
    guard bytes[1] == ASCII.lineFeed else { throw .malformedRequestLine }
    return bytes.count > 2 ? 2 : nil
  }
}
