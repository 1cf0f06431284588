import Bytes

/// Reads field lines up to the empty line behind them (RFC 9112 §5), for requests, responses and trailers alike.
///
/// What is found wrong depends on the octets alone, not on how they were cut into pieces: octets are judged in their order, each
/// once, as soon as they are there.
struct FieldSection {
  enum Outcome {
    case needsMore
    /// The section is complete; the empty line ends there.
    case complete(end: Int)
    case malformed
    case tooMany
  }

  /// Where the line begins that is not complete yet.
  private var start: Int
  /// How far that line has been judged.
  private var judged: Int
  /// Where its colon is, once that was found.
  private var colon: Int?
  /// Whether its name has held nothing but letters and hyphens so far.
  private var isPlain = true
  private let maxCount: Int

  init(at start: Int, maxCount: Int) {
    self.start = start
    judged = start
    self.maxCount = maxCount
  }

  /// Appends the complete lines to `fields`, as places in `bytes`: those given before, and more.
  mutating func read(_ bytes: Span<UInt8>, into fields: inout Fields) -> Outcome {
    let end = bytes.count
    while start < end {
      if colon == nil {
        if bytes[start] == ASCII.carriageReturn {
          guard start &+ 1 < end else { return .needsMore }
          return bytes[start &+ 1] == ASCII.lineFeed ? .complete(end: start &+ 2) : .malformed
        }
        guard fields.count < maxCount else { return .tooMany }
        // An empty name, a space before the colon and the white space that folds a line end here: none of them is a token.
        judged = OctetScan.endOfToken(bytes, from: judged, isPlain: &isPlain)
        guard judged < end else { return .needsMore }
        guard bytes[judged] == UInt8(ascii: ":"), judged > start else { return .malformed }
        colon = judged
        judged &+= 1
      }
      // A bare CR, a bare LF, NUL and the other controls end here.
      judged = OctetScan.endOfFieldValue(bytes, from: judged)
      guard judged < end else { return .needsMore }
      guard bytes[judged] == ASCII.carriageReturn else { return .malformed }
      guard judged &+ 1 < end else { return .needsMore }
      guard bytes[judged &+ 1] == ASCII.lineFeed, let colon else { return .malformed }
      fields.append(line(bytes, colon: colon, lineEnd: judged))
      judged &+= 2
      start = judged
      self.colon = nil
      isPlain = true
    }
    return .needsMore
  }

  @inline(__always)
  private func line(_ bytes: Span<UInt8>, colon: Int, lineEnd: Int) -> FieldLine {
    var valueStart = colon &+ 1
    var valueEnd = lineEnd
    while valueStart < valueEnd, bytes[valueStart] == ASCII.space || bytes[valueStart] == ASCII.tab { valueStart &+= 1 }
    while valueEnd > valueStart, bytes[valueEnd &- 1] == ASCII.space || bytes[valueEnd &- 1] == ASCII.tab {
      valueEnd &-= 1
    }
    return FieldLine(
      start: UInt32(truncatingIfNeeded: start), nameCount: UInt32(truncatingIfNeeded: colon &- start),
      valueStart: UInt32(truncatingIfNeeded: valueStart), valueEnd: UInt32(truncatingIfNeeded: valueEnd),
      end: UInt32(truncatingIfNeeded: lineEnd &+ 2),
      known: KnownField.named(in: bytes, at: start, count: colon &- start, isPlain: isPlain),
      isCanonical: valueStart == colon &+ 2 && bytes[colon &+ 1] == ASCII.space && valueEnd == lineEnd)
  }
}
