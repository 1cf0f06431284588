import Bytes

/// Version 1 (HAProxy's proxy-protocol.txt §2.1): a line of text.
///
///     PROXY TCP4 192.0.2.1 198.51.100.7 56324 443␍␊
///     PROXY TCP6 2001:db8::1 2001:db8::7 56324 443␍␊
///     PROXY UNKNOWN whatever␍␊
extension ProxyHeader {
  /// The shortest line: `PROXY UNKNOWN` and its end.
  static var textMin: Int { 15 }
  /// The longest one, with its end.
  private static var textMax: Int { 107 }

  static func parseText(_ bytes: Span<UInt8>) -> ProxyHeaderParse {
    guard agree(bytes, "PROXY ") else { return .malformed(.absent) }
    let space = bytes.extracting(first: textMax - 1)
    var end = 0
    while end < space.count, space[end] != ASCII.carriageReturn {
      guard space[end] != ASCII.lineFeed else { return .malformed(.malformed) }
      end += 1
    }
    guard end < textMax - 1 else { return .malformed(.tooLong) }
    guard end + 1 < bytes.count else { return .needsMore(byteCount: max(textMin, bytes.count + 1)) }
    guard bytes[end + 1] == ASCII.lineFeed, let source = source(bytes.extracting(6..<max(6, end))) else {
      return .malformed(.malformed)
    }
    return .complete(ProxyHeader(source, byteCount: end + 2))
  }

  /// Reads what stands between `PROXY ` and the end of the line.
  private static func source(_ text: Span<UInt8>) -> Source? {
    var rest = 0
    let family = word(of: text, from: &rest)
    // Whatever follows is to be passed over.
    if text.extracting(family).equals("UNKNOWN") { return .unnamed }
    let isIPv6 = text.extracting(family).equals("TCP6")
    guard isIPv6 || text.extracting(family).equals("TCP4"),
      let source = address(text.extracting(word(of: text, from: &rest)), isIPv6: isIPv6),
      address(text.extracting(word(of: text, from: &rest)), isIPv6: isIPv6) != nil,
      let sourcePort = port(text.extracting(word(of: text, from: &rest))),
      port(text.extracting(word(of: text, from: &rest))) != nil,
      rest > text.count
    else { return nil }
    return .address(source, port: sourcePort)
  }

  /// The place of the next word, which is empty if there is none; single spaces stand between words.
  ///
  /// - Parameter position: moves behind the space that ends the word, or past the end with the last one.
  private static func word(of text: Span<UInt8>, from position: inout Int) -> Range<Int> {
    guard position < text.count else { return text.count..<text.count }
    let end = text.firstIndex(of: ASCII.space, from: position) ?? text.count
    defer { position = end + 1 }
    return position..<end
  }

  private static func address(_ text: Span<UInt8>, isIPv6: Bool) -> IPAddress? {
    guard (text.firstIndex(of: UInt8(ascii: ":")) != nil) == isIPv6 else { return nil }
    return IPAddress(text)
  }

  /// Up to 65535, without leading zeros.
  private static func port(_ text: Span<UInt8>) -> UInt16? {
    guard (1...5).contains(text.count), text.count == 1 || text[0] != UInt8(ascii: "0") else { return nil }
    var value = 0
    for index in text.indices {
      guard ASCII.isDigit(text[index]) else { return nil }
      value = value * 10 + Int(text[index] &- 48)
    }
    return UInt16(exactly: value)
  }
}
