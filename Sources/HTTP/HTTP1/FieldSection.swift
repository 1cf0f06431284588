import Bytes

/// Reads field lines up to the empty line behind them (RFC 9112 §5), for requests, responses and trailers alike.
///
/// The verdict depends on the octets alone, not on how they were cut into pieces: octets are judged in their order, each
/// once, as soon as they are there.
struct FieldSection {
  enum Outcome {
    case needsMore
    /// The section is complete; the empty line ends there.
    case complete(end: Int)
    case malformed
    case tooMany
  }

  /// The part that has been judged of a line that is not complete.
  private struct Progress {
    var start: Int
    var judged: Int
    /// The place of its colon, once that was found.
    var colon: Int?
    /// True if its name has held nothing but letters and hyphens so far.
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
    let known = KnownFieldNames.all
    while start < end {
      if judged == start, fields.count < maxCount,
        let (line, lineEnd) = Self.usualLine(bytes, from: start, known, guarding: names)
      {
        fields.append(line)
        start = lineEnd
        judged = lineEnd
        continue
      }
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

  /// Reads a line at once that is complete and spelt as nearly all are: a name of letters and hyphens with at most 24 octets, at most one
  /// space around the value.
  ///
  /// - Returns: the line and the place behind it; nil where this is not such a line, which says nothing against it.
  @inline(__always)
  private static func usualLine(
    _ bytes: Span<UInt8>, from start: Int, _ knownNames: KnownFieldNames, guarding names: borrowing GuardedFieldNames
  ) -> (FieldLine, Int)? {
    guard let (head, count) = beginOfName(bytes, from: start) else { return nil }
    let colon = start &+ count
    let folded = head | KnownFieldNames.caseBits
    var tail = folded
    if count > 8 {
      let octets = bytes.word(at: colon &- 8)
      if OctetScan.mayHoldControl(octets) { return nil }
      tail = octets | KnownFieldNames.caseBits
    }
    var known: KnownField
    // The words cover sixteen octets.
    if let entry = knownNames.entry(folded, tail, count),
      count <= 16 || knownNames.isName(bytes.extracting(start..<colon), of: entry)
    {
      known = knownNames.field(of: entry)
    } else {
      guard count < 8 ? OctetScan.isLetters(head | filler(from: count) & hyphens) : isPlain(bytes, start, colon)
      else { return nil }
      known = KnownField.named(in: bytes, at: start, count: count, isPlain: true)
    }
    let lineEnd = OctetScan.endOfFieldValue(bytes, from: colon &+ 1)
    guard bytes.hasLineEnd(at: lineEnd) else { return nil }
    var valueStart = colon &+ 1
    let hasSpace = bytes[valueStart] == ASCII.space
    if hasSpace { valueStart &+= 1 }
    if valueStart < lineEnd {
      let (first, last) = (bytes[valueStart], bytes[lineEnd &- 1])
      if first == ASCII.space || first == ASCII.tab || last == ASCII.space || last == ASCII.tab { return nil }
    }
    if !known.isOneName, names.mayCover(count: count, isPlain: true), names.isLookalike(bytes.extracting(start..<colon))
    {
      known = .lookalike
    }
    let line = FieldLine(
      start: UInt32(truncatingIfNeeded: start), nameCount: UInt32(truncatingIfNeeded: count),
      valueStart: UInt32(truncatingIfNeeded: valueStart), valueEnd: UInt32(truncatingIfNeeded: lineEnd),
      end: UInt32(truncatingIfNeeded: lineEnd &+ 2), known: known, isCanonical: hasSpace)
    return (line, lineEnd &+ 2)
  }

  /// The first eight octets of the name that begins there, those behind its end being zero, and its length; nil unless it has 1 to 24
  /// octets of which none of the first eight is a control.
  @inline(__always)
  private static func beginOfName(_ bytes: Span<UInt8>, from start: Int) -> (UInt64, Int)? {
    guard let first = bytes.wordIfPresent(at: start) else { return nil }
    let colons = OctetScan.octets(UInt8(ascii: ":"), in: first)
    if colons != 0 {
      let count = colons.trailingZeroBitCount &>> 3
      let head = first & ~filler(from: count)
      return count > 0 && !OctetScan.mayHoldControl(head | filler(from: count) & KnownFieldNames.caseBits)
        ? (head, count) : nil
    }
    if OctetScan.mayHoldControl(first) { return nil }
    guard let second = bytes.wordIfPresent(at: start &+ 8) else { return nil }
    let more = OctetScan.octets(UInt8(ascii: ":"), in: second)
    if more != 0 { return (first, 8 &+ more.trailingZeroBitCount &>> 3) }
    guard let third = bytes.wordIfPresent(at: start &+ 16) else { return nil }
    let last = OctetScan.octets(UInt8(ascii: ":"), in: third)
    return last != 0 ? (first, 16 &+ last.trailingZeroBitCount &>> 3) : nil
  }

  /// The bits of the octets from there on, of eight.
  @inline(__always)
  private static func filler(from count: Int) -> UInt64 { count < 8 ? UInt64.max << UInt64(8 &* count) : 0 }

  private static var hyphens: UInt64 { 0x2D2D_2D2D_2D2D_2D2D }

  /// True if a name of 8 to 24 octets holds letters and hyphens alone.
  @inline(__always)
  private static func isPlain(_ bytes: Span<UInt8>, _ start: Int, _ colon: Int) -> Bool {
    OctetScan.isLetters(bytes.word(at: start)) && OctetScan.isLetters(bytes.word(at: colon &- 8))
      && (colon &- start <= 16 || OctetScan.isLetters(bytes.word(at: start &+ 8)))
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
    // A field that the gateway knows by name is told apart by that alone.
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
