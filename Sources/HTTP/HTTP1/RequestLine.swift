import Bytes

/// The parts of a request line (RFC 9112 §3): `method SP request-target SP HTTP-version CR LF`, exactly.
struct RequestLine {
  let method: Method
  let target: Range<Int>
  /// The length of the target's path, if it is canonical as it stands and no fragment follows; nil if that is not known.
  let plainPathCount: Int?
  let version: Version
  /// Behind the line's CR LF.
  let end: Int

  /// Reads a line at once that is complete and as nearly all are; nil where this is not such a line, which says nothing against it.
  init?(usual bytes: Span<UInt8>, at start: Int, targetMax: Int) {
    guard let (method, methodCount) = Self.usualMethod(bytes, at: start) else { return nil }
    let targetStart = start &+ methodCount &+ 1
    guard targetStart < bytes.count, bytes[targetStart] == UInt8(ascii: "/") else { return nil }
    let pathEnd = OctetScan.endOfPlainPath(bytes, from: targetStart)
    guard pathEnd < bytes.count else { return nil }
    var targetEnd = pathEnd
    if bytes[pathEnd] == UInt8(ascii: "?") {
      targetEnd = OctetScan.endOfVisible(bytes, from: pathEnd, limit: targetStart &+ targetMax &+ 1)
      guard targetEnd < bytes.count, bytes.extracting(pathEnd..<targetEnd).firstIndex(of: UInt8(ascii: "#")) == nil
      else {
        return nil
      }
    }
    guard targetEnd &- targetStart <= targetMax, bytes[targetEnd] == ASCII.space,
      bytes.wordIfPresent(at: targetEnd &+ 1) == UInt64(octetsOf: "HTTP/1.1"), bytes.hasLineEnd(at: targetEnd &+ 9)
    else { return nil }
    self.method = method
    target = targetStart..<targetEnd
    plainPathCount = pathEnd &- targetStart
    version = .http11
    end = targetEnd &+ 11
  }

  /// The method with the space behind it, if it is one of the commonest.
  @inline(__always)
  private static func usualMethod(_ bytes: Span<UInt8>, at start: Int) -> (Method, Int)? {
    guard let word = bytes.wordIfPresent(at: start) else { return nil }
    if word & 0xFFFF_FFFF == UInt64(octetsOf: "GET ") { return (.get, 3) }
    if word & 0xFF_FFFF_FFFF == UInt64(octetsOf: "POST ") { return (.post, 4) }
    if word & 0xFFFF_FFFF == UInt64(octetsOf: "PUT ") { return (.put, 3) }
    return nil
  }

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
    method = Method(token: bytes, start..<methodEnd)
    plainPathCount = nil
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
