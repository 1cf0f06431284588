import Bytes

/// Where the parts of a request line lie (RFC 9112 §3): `method SP request-target SP HTTP-version CR LF`, exactly.
struct RequestLine {
  let method: Range<Int>
  let target: Range<Int>
  let version: Version
  /// Behind the line's CR LF.
  let end: Int

  /// Reads the line that begins at `start`; nil if it is not complete yet.
  ///
  /// `judged` says how far its target has been found to be in order, so that this is not done again when there is more.
  init?(_ bytes: Span<UInt8>, at start: Int, targetMax: Int, judged: inout Int) throws(HeadRejection) {
    guard let methodEnd = try Self.endOfMethod(bytes, from: start) else { return nil }
    let targetStart = methodEnd &+ 1

    let targetEnd = OctetScan.endOfVisible(
      bytes, from: max(targetStart, judged), limit: targetStart &+ targetMax &+ 1)
    judged = targetEnd
    guard targetEnd &- targetStart <= targetMax else { throw .targetTooLong }
    guard targetEnd < bytes.count else { return nil }
    guard targetEnd > targetStart else { throw .malformedRequestLine }
    guard bytes[targetEnd] == ASCII.space else {
      // A control or an octet above 0x7F is the target's fault; the end of the line here is HTTP/0.9.
      let isLineEnd = bytes[targetEnd] == ASCII.carriageReturn || bytes[targetEnd] == ASCII.lineFeed
      throw isLineEnd ? .malformedRequestLine : .malformedTarget
    }

    let versionStart = targetEnd &+ 1
    guard versionStart &+ 10 <= bytes.count else {
      // A line that ends here is too short for a version.
      if bytes.firstIndex(of: ASCII.lineFeed, from: versionStart) != nil { throw .malformedRequestLine }
      return nil
    }
    let isUsual =
      bytes.word(at: versionStart) == UInt64(octetsOf: "HTTP/1.1")
      && bytes[versionStart &+ 8] == ASCII.carriageReturn && bytes[versionStart &+ 9] == ASCII.lineFeed
    version = isUsual ? .http11 : try Self.version(bytes.extracting(versionStart..<(versionStart &+ 10)))
    method = start..<methodEnd
    target = targetStart..<targetEnd
    end = versionStart &+ 10
  }

  private static func endOfMethod(_ bytes: Span<UInt8>, from start: Int) throws(HeadRejection) -> Int? {
    var position = start
    let limit = min(bytes.count, start &+ Method.maxCount)
    while position < limit, ASCII.isToken(bytes[position]) { position &+= 1 }
    guard position < bytes.count else { return nil }
    guard position > start, bytes[position] == ASCII.space else { throw .malformedRequestLine }
    return position
  }

  /// The version that `HTTP/1.1 CR LF` or its like names.
  private static func version(_ tail: Span<UInt8>) throws(HeadRejection) -> Version {
    guard tail.extracting(0..<5).equals("HTTP/"), ASCII.isDigit(tail[5]), tail[6] == UInt8(ascii: "."),
      ASCII.isDigit(tail[7]), tail[8] == ASCII.carriageReturn, tail[9] == ASCII.lineFeed
    else { throw .malformedRequestLine }
    switch (tail[5], tail[7]) {
    case (UInt8(ascii: "1"), UInt8(ascii: "1")): return .http11
    case (UInt8(ascii: "1"), UInt8(ascii: "0")): return .http10
    default: throw .unsupportedVersion
    }
  }
}
