package import Bytes

/// JSON as the gateway writes it: access log, error bodies, identity fields.
extension ByteBuffer {
  /// Appends the bytes as a JSON string, in quotes; those that aren't UTF-8 become U+FFFD.
  package mutating func appendJSON(string bytes: Span<UInt8>) {
    reserve(bytes.count &+ 2)
    append(UInt8(ascii: "\""))
    appendJSON(escaping: bytes)
    append(UInt8(ascii: "\""))
  }

  /// Appends the text as a JSON string, in quotes.
  package mutating func appendJSON(string text: String) {
    appendJSON(string: text.utf8Span.span)
  }

  /// Appends the bytes as part of a JSON string, without quotes, for strings that are put together from pieces.
  ///
  /// Quotes, backslashes and control characters (C0, DEL and C1, which terminals obey) are escaped; bytes that aren't UTF-8 become
  /// U+FFFD, one for each maximal part of a sequence. A run of bytes that stand for themselves is copied at once.
  package mutating func appendJSON(escaping bytes: Span<UInt8>) {
    var run = 0
    var index = JSONEscaping.plainEnd(of: bytes, from: 0)
    while index < bytes.count {
      let byte = bytes[index]
      let length = byte < 0x80 ? 1 : JSONEscaping.sequenceLength(in: bytes, at: index)
      if length > 1 && !JSONEscaping.isC1Control(in: bytes, at: index) {
        index &+= length
      } else {
        append(bytes.extracting(run..<index))
        if byte < 0x80 {
          appendEscape(byte)
          index &+= 1
        } else if length > 1 {
          appendEscape(bytes[index &+ 1])
          index &+= length
        } else {
          append("\u{FFFD}" as StaticString)
          index &+= JSONEscaping.maximalPart(in: bytes, at: index)
        }
        run = index
      }
      index = JSONEscaping.plainEnd(of: bytes, from: index)
    }
    append(bytes.extracting(run..<index))
  }

  /// Appends the value, with no white space.
  package mutating func appendJSON(_ value: JSONValue) {
    switch value {
    case .null: append("null" as StaticString)
    case .bool(let flag): appendJSON(flag)
    case .number(let number): appendJSON(number)
    case .string(let text): appendJSON(string: text)
    case .array(let elements):
      append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { append(UInt8(ascii: ",")) }
        appendJSON(element)
      }
      append(UInt8(ascii: "]"))
    case .object(let object): appendJSON(object)
    }
  }

  /// Appends the object, members in their order, with no white space.
  package mutating func appendJSON(_ object: JSONObject) {
    append(UInt8(ascii: "{"))
    for (index, member) in object.members.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      appendJSON(string: member.name)
      append(UInt8(ascii: ":"))
      appendJSON(member.value)
    }
    append(UInt8(ascii: "}"))
  }

  /// Appends the number as it was written.
  package mutating func appendJSON(_ number: JSONNumber) { append(number.text.utf8Span.span) }

  /// Appends `true` or `false`.
  package mutating func appendJSON(_ flag: Bool) { append(flag ? "true" : "false" as StaticString) }

  private mutating func appendEscape(_ byte: UInt8) {
    append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
    case 0x08: append(UInt8(ascii: "b"))
    case 0x09: append(UInt8(ascii: "t"))
    case 0x0A: append(UInt8(ascii: "n"))
    case 0x0C: append(UInt8(ascii: "f"))
    case 0x0D: append(UInt8(ascii: "r"))
    default:
      append(UInt8(ascii: "u"))
      append(hexadecimal: UInt64(byte), width: 4)
    }
  }
}

/// Tells which characters stand for themselves in a string that we write.
private enum JSONEscaping {
  /// Returns the end of the run of printable ASCII without quote and backslash that begins at `start`.
  static func plainEnd(of bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    let count = bytes.count
    // SAFETY: each load checks that eight bytes are there, and any eight bytes are a UInt64.
    let raw = unsafe bytes.bytes
    while count &- index >= 8 {
      let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      let special = specials(in: word)
      // Bytes are numbered from the low end: the first special one has the lowest flag set.
      if special != 0 { return index &+ UInt64(littleEndian: special).trailingZeroBitCount / 8 }
      index &+= 8
    }
    while index < count, isPlain(bytes[index]) { index &+= 1 }
    return index
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// The top bit of each byte that isn't plain.
  ///
  /// A borrow may flag a byte above a flagged one too, never one below.
  private static func specials(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let delete = word ^ (ones &* 0x7F)
    let low = word &- (ones &* 0x20)
    return (low | (quote &- ones) | (backslash &- ones) | (delete &- ones) | word) & tops
  }

  /// The length of the well-formed UTF-8 sequence at `start` (Unicode 16 table 3-7), 0 if there is none; the first byte isn't ASCII.
  static func sequenceLength(in bytes: Span<UInt8>, at start: Int) -> Int {
    let (length, second) = expectation(after: bytes[start])
    guard length > 0, start &+ length <= bytes.count, second.contains(bytes[start &+ 1]) else { return 0 }
    for index in start &+ 2..<max(start &+ length, start &+ 2) where bytes[index] & 0xC0 != 0x80 { return 0 }
    return length
  }

  /// The number of bytes at `start`, where no sequence is well-formed, that one U+FFFD stands for.
  static func maximalPart(in bytes: Span<UInt8>, at start: Int) -> Int {
    let (length, second) = expectation(after: bytes[start])
    guard length > 0, start &+ 1 < bytes.count, second.contains(bytes[start &+ 1]) else { return 1 }
    var end = start &+ 2
    while end < bytes.count, end < start &+ length, bytes[end] & 0xC0 == 0x80 { end &+= 1 }
    return end &- start
  }

  /// True if the well-formed sequence is one of U+0080 to U+009F.
  static func isC1Control(in bytes: Span<UInt8>, at start: Int) -> Bool {
    bytes[start] == 0xC2 && bytes[start &+ 1] < 0xA0
  }

  private static func expectation(after lead: UInt8) -> (length: Int, second: ClosedRange<UInt8>) {
    switch lead {
    case 0xC2...0xDF: (2, 0x80...0xBF)
    case 0xE0: (3, 0xA0...0xBF)
    case 0xE1...0xEC, 0xEE...0xEF: (3, 0x80...0xBF)
    case 0xED: (3, 0x80...0x9F)
    case 0xF0: (4, 0x90...0xBF)
    case 0xF1...0xF3: (4, 0x80...0xBF)
    case 0xF4: (4, 0x80...0x8F)
    default: (0, 0...0)
    }
  }
}
