import Bytes

/// Reads field lines up to the empty line behind them (RFC 9112 §5), for requests, responses and trailers alike.
///
/// What is found wrong depends on the octets alone, not on how they were cut into pieces: octets are judged in their order, and
/// what would lie behind a limit is not looked at.
struct FieldSection {
  enum Outcome {
    case needsMore
    /// The section is complete; the empty line ends there.
    case complete(end: Int)
    case malformed
    case tooMany
  }

  /// Where the line begins that is not complete yet.
  private(set) var position: Int
  private let maxCount: Int

  init(at position: Int, maxCount: Int) {
    self.position = position
    self.maxCount = maxCount
  }

  /// Appends the complete lines to `fields`, as places in `bytes`.
  mutating func read(_ bytes: Span<UInt8>, into fields: inout Fields) -> Outcome {
    var start = position
    let end = bytes.count
    while start < end {
      if bytes[start] == ASCII.carriageReturn {
        guard start &+ 1 < end else { break }
        return bytes[start &+ 1] == ASCII.lineFeed ? .complete(end: start &+ 2) : .malformed
      }
      guard fields.count < maxCount else { return .tooMany }

      // An empty name, a space before the colon and the white space that folds a line all end up here: none of them is a token.
      var isPlain = true
      let colon = OctetScan.endOfToken(bytes, from: start, isPlain: &isPlain)
      guard colon < end else { break }
      guard bytes[colon] == UInt8(ascii: ":"), colon > start else { return .malformed }

      var valueStart = colon &+ 1
      while valueStart < end, bytes[valueStart] == ASCII.space || bytes[valueStart] == ASCII.tab { valueStart &+= 1 }
      // A bare CR, a bare LF, NUL and the other controls end up here.
      let lineEnd = OctetScan.endOfFieldValue(bytes, from: valueStart)
      guard lineEnd < end else { break }
      guard bytes[lineEnd] == ASCII.carriageReturn else { return .malformed }
      guard lineEnd &+ 1 < end else { break }
      guard bytes[lineEnd &+ 1] == ASCII.lineFeed else { return .malformed }

      var valueEnd = lineEnd
      while valueEnd > valueStart, bytes[valueEnd &- 1] == ASCII.space || bytes[valueEnd &- 1] == ASCII.tab {
        valueEnd &-= 1
      }
      fields.append(
        FieldLine(
          start: UInt32(truncatingIfNeeded: start), nameCount: UInt32(truncatingIfNeeded: colon &- start),
          valueStart: UInt32(truncatingIfNeeded: valueStart), valueEnd: UInt32(truncatingIfNeeded: valueEnd),
          end: UInt32(truncatingIfNeeded: lineEnd &+ 2),
          known: KnownField.named(in: bytes, at: start, count: colon &- start, isPlain: isPlain),
          isCanonical: valueStart == colon &+ 2 && bytes[colon &+ 1] == ASCII.space && valueEnd == lineEnd))
      start = lineEnd &+ 2
      position = start
    }
    return .needsMore
  }
}
