import Bytes

/// The parts of a status line (RFC 9112 §4): `HTTP-version SP 3DIGIT [SP [reason-phrase]] CR LF`.
struct StatusLine {
  let version: Version
  let status: Int
  let reason: Range<Int>
  /// Behind the line's CR LF.
  let end: Int

  /// Reads the commonest line at once; nil where it is another, which says nothing against it.
  init?(usual bytes: Span<UInt8>) {
    guard bytes.wordIfPresent(at: 0) == UInt64(octetsOf: "HTTP/1.1"),
      bytes.wordIfPresent(at: 8) == UInt64(octetsOf: " 200 OK\r"), bytes.hasLineEnd(at: 15)
    else { return nil }
    version = .http11
    status = 200
    reason = 13..<15
    end = 17
  }

  /// Reads the line that the bytes begin with; nil if it is not complete yet.
  ///
  /// `judged` says how far its reason has been found to be in order, so that this is not done again when there is more.
  init?(_ bytes: Span<UInt8>, judged: inout Int) throws(ResponseRejection) {
    // A line that ends here is shorter than any status line.
    guard bytes.extracting(first: 12).firstIndex(of: ASCII.lineFeed) == nil else { throw .malformedStatusLine }
    guard bytes.count >= 13 else { return nil }
    let isUsual = bytes.word(at: 0) == UInt64(octetsOf: "HTTP/1.1") && bytes[8] == ASCII.space
    version = isUsual ? .http11 : try Self.version(bytes.extracting(first: 9))
    status = try Self.status(bytes.extracting(9..<12))
    var position = 12
    if bytes[12] == ASCII.space {
      position = OctetScan.endOfFieldValue(bytes, from: max(13, judged))
      judged = position
      reason = 13..<position
    } else {
      reason = 12..<12
    }
    guard position < bytes.count else { return nil }
    guard bytes[position] == ASCII.carriageReturn else { throw .malformedStatusLine }
    guard position &+ 1 < bytes.count else { return nil }
    guard bytes[position &+ 1] == ASCII.lineFeed else { throw .malformedStatusLine }
    end = position &+ 2
  }

  private static func version(_ text: Span<UInt8>) throws(ResponseRejection) -> Version {
    guard text.extracting(0..<5).equals("HTTP/"), ASCII.isDigit(text[5]), text[6] == UInt8(ascii: "."),
      ASCII.isDigit(text[7]), text[8] == ASCII.space
    else { throw .malformedStatusLine }
    switch (text[5], text[7]) {
    case (UInt8(ascii: "1"), UInt8(ascii: "1")): return .http11
    case (UInt8(ascii: "1"), UInt8(ascii: "0")): return .http10
    default: throw .unsupportedVersion
    }
  }

  private static func status(_ digits: Span<UInt8>) throws(ResponseRejection) -> Int {
    var value = 0
    for index in digits.indices {
      guard ASCII.isDigit(digits[index]) else { throw .malformedStatusLine }
      value = value &* 10 &+ Int(digits[index] &- 48)
    }
    guard value >= 100, value <= 599 else { throw .malformedStatusLine }
    return value
  }
}
