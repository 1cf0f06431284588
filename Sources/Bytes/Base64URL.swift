/// Base64 in the alphabet for URLs, without padding (RFC 4648 §5, RFC 7515 §2).
///
/// Decoding takes the canonical spelling only, so that a value has exactly one text: no padding, no white space, no character of
/// the other alphabet, and no set bit after the last whole byte.
package enum Base64URL {
  /// Decodes `text` and appends the bytes to `output`.
  ///
  /// - Returns: false, with `output` as it was, if `text` isn't the canonical spelling of some bytes.
  package static func decode(_ text: Span<UInt8>, into output: inout [UInt8]) -> Bool {
    let tail = text.count % 4
    guard tail != 1 else { return false }
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: text.count / 4 * 3 + (tail == 0 ? 0 : tail - 1)))
    var bytes = output.mutableSpan
    if fill(&bytes, from: start, with: text) { return true }
    output.removeLast(output.count - start)
    return false
  }

  /// Appends the text of `bytes` to `output`.
  package static func encode(_ bytes: Span<UInt8>, into output: inout ByteBuffer) {
    output.reserve(bytes.count / 3 * 4 + 4)
    var read = 0
    while read + 3 <= bytes.count {
      append(UInt32(bytes[read]) << 16 | UInt32(bytes[read + 1]) << 8 | UInt32(bytes[read + 2]), digits: 4, to: &output)
      read += 3
    }
    switch bytes.count - read {
    case 1: append(UInt32(bytes[read]) << 16, digits: 2, to: &output)
    case 2: append(UInt32(bytes[read]) << 16 | UInt32(bytes[read + 1]) << 8, digits: 3, to: &output)
    default: break
    }
  }

  private static func fill(_ bytes: inout MutableSpan<UInt8>, from start: Int, with text: Span<UInt8>) -> Bool {
    let wholeEnd = text.count & ~3
    var read = 0
    var write = start
    // Every value is gathered and looked at once at the end: a wrong character sets the bits above the sixth.
    var seen: UInt32 = 0
    while read < wholeEnd {
      let (a, b) = (values[Int(text[read])], values[Int(text[read &+ 1])])
      let (c, d) = (values[Int(text[read &+ 2])], values[Int(text[read &+ 3])])
      seen |= UInt32(a | b | c | d)
      let group = UInt32(a) << 18 | UInt32(b) << 12 | UInt32(c) << 6 | UInt32(d)
      bytes[write] = UInt8(truncatingIfNeeded: group >> 16)
      bytes[write &+ 1] = UInt8(truncatingIfNeeded: group >> 8)
      bytes[write &+ 2] = UInt8(truncatingIfNeeded: group)
      read &+= 4
      write &+= 3
    }
    guard seen <= 63 else { return false }
    if read == text.count { return true }
    return fillTail(&bytes, at: write, with: text.extracting(read...))
  }

  /// The last two or three characters, whose spare bits must be zero.
  private static func fillTail(_ bytes: inout MutableSpan<UInt8>, at write: Int, with text: Span<UInt8>) -> Bool {
    let (a, b) = (values[Int(text[0])], values[Int(text[1])])
    let c = text.count == 3 ? values[Int(text[2])] : 0
    let spare = text.count == 3 ? c & 0b11 : b & 0b1111
    guard a | b | c <= 63, spare == 0 else { return false }
    bytes[write] = a << 2 | b >> 4
    if text.count == 3 { bytes[write + 1] = b << 4 | c >> 2 }
    return true
  }

  private static func append(_ group: UInt32, digits: Int, to output: inout ByteBuffer) {
    for position in 0..<digits {
      output.append(character(UInt8(truncatingIfNeeded: group >> (18 - 6 * UInt32(position))) & 63))
    }
  }

  private static func character(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: value + UInt8(ascii: "A")
    case 26..<52: value - 26 + UInt8(ascii: "a")
    case 52..<62: value - 52 + UInt8(ascii: "0")
    case 62: UInt8(ascii: "-")
    default: UInt8(ascii: "_")
    }
  }

  /// The value of each octet; 0xFF for one that isn't in the alphabet.
  private static let values: InlineArray<256, UInt8> = {
    var values = InlineArray<256, UInt8>(repeating: 0xFF)
    for value in UInt8(0)..<64 { values[Int(character(value))] = value }
    return values
  }()
}
