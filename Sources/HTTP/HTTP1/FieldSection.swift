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

  /// How far a line that is not complete has been judged.
  private struct Progress {
    var start: Int
    var judged: Int
    /// Where its colon is, once that was found.
    var colon: Int?
    /// Whether its name has held nothing but letters and hyphens so far.
    var isPlain = true
  }

  private var progress: Progress
  private let maxCount: Int

  init(at start: Int, maxCount: Int) {
    progress = Progress(start: start, judged: start)
    self.maxCount = maxCount
  }

  /// Appends the complete lines to `fields`, as places in `bytes`: those given before, and more.
  ///
  /// - Parameter names: names that no other may pass for.
  mutating func read(
    _ bytes: Span<UInt8>, into fields: inout Fields, guarding names: borrowing GuardedFieldNames = GuardedFieldNames()
  ) -> Outcome {
    let end = bytes.count
    var start = progress.start
    // Only the first line can have been begun before.
    var (judged, isPlain, knownColon) = (progress.judged, progress.isPlain, progress.colon)
    while start < end {
      let colon: Int
      if let knownColon {
        colon = knownColon
      } else {
        if bytes[start] == ASCII.carriageReturn {
          progress = Progress(start: start, judged: start)
          guard start &+ 1 < end else { return .needsMore }
          return bytes[start &+ 1] == ASCII.lineFeed ? .complete(end: start &+ 2) : .malformed
        }
        guard fields.count < maxCount else { return .tooMany }
        // An empty name, a space before the colon and the white space that folds a line end here: none of them is a token.
        colon = OctetScan.endOfToken(bytes, from: judged, isPlain: &isPlain)
        guard colon < end else {
          progress = Progress(start: start, judged: colon, isPlain: isPlain)
          return .needsMore
        }
        guard bytes[colon] == UInt8(ascii: ":"), colon > start else { return .malformed }
        judged = colon &+ 1
      }
      // A bare CR, a bare LF, NUL and the other controls end here.
      let lineEnd = OctetScan.endOfFieldValue(bytes, from: judged)
      guard lineEnd &+ 1 < end, bytes[lineEnd] == ASCII.carriageReturn, bytes[lineEnd &+ 1] == ASCII.lineFeed else {
        progress = Progress(start: start, judged: lineEnd, colon: colon, isPlain: isPlain)
        // It may be that only the LF is missing.
        return lineEnd == end || lineEnd &+ 1 == end && bytes[lineEnd] == ASCII.carriageReturn ? .needsMore : .malformed
      }
      fields.append(Self.line(bytes, from: start, colon: colon, lineEnd: lineEnd, isPlain: isPlain, guarding: names))
      start = lineEnd &+ 2
      (judged, isPlain, knownColon) = (start, true, nil)
    }
    progress = Progress(start: start, judged: start)
    return .needsMore
  }

  @inline(__always)
  private static func line(
    _ bytes: Span<UInt8>, from start: Int, colon: Int, lineEnd: Int, isPlain: Bool,
    guarding names: borrowing GuardedFieldNames
  ) -> FieldLine {
    var valueStart = colon &+ 1
    var valueEnd = lineEnd
    while valueStart < valueEnd, bytes[valueStart] == ASCII.space || bytes[valueStart] == ASCII.tab { valueStart &+= 1 }
    while valueEnd > valueStart, bytes[valueEnd &- 1] == ASCII.space || bytes[valueEnd &- 1] == ASCII.tab {
      valueEnd &-= 1
    }
    var known = KnownField.named(in: bytes, at: start, count: colon &- start, isPlain: isPlain)
    // What the gateway knows by its name is told apart by that alone.
    if names.mayCover(count: colon &- start, isPlain: isPlain), !known.isOneName,
      names.isLookalike(bytes.extracting(start..<colon))
    {
      known = .lookalike
    }
    return FieldLine(
      start: UInt32(truncatingIfNeeded: start), nameCount: UInt32(truncatingIfNeeded: colon &- start),
      valueStart: UInt32(truncatingIfNeeded: valueStart), valueEnd: UInt32(truncatingIfNeeded: valueEnd),
      end: UInt32(truncatingIfNeeded: lineEnd &+ 2),
      known: known,
      isCanonical: valueStart == colon &+ 2 && bytes[colon &+ 1] == ASCII.space && valueEnd == lineEnd)
  }
}
