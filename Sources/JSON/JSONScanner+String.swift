import Bytes

extension JSONScanner {
  /// Reads the string whose opening quote is at the position.
  ///
  /// Most strings have no escape: they are copied in one go.
  mutating func string() throws(JSONFault) -> String {
    let quote = position
    let start = quote &+ 1
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        try checkLength(from: quote, to: index)
        position = index &+ 1
        return try text(start..<index)
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: quote, firstEscape: index) }
      if byte < 0x20 { throw JSONFault(.controlCharacter, at: index) }
      index &+= 1
    }
    throw JSONFault(.stringUnterminated, at: quote)
  }

  /// The bytes as text, if they are UTF-8.
  func text(_ range: Range<Int>) throws(JSONFault) -> String {
    do {
      return String(copying: try UTF8Span(validating: bytes.extracting(range)))
    } catch {
      throw JSONFault(.invalidUTF8, at: range.lowerBound &+ error.byteOffsets.lowerBound)
    }
  }

  private func checkLength(from quote: Int, to end: Int) throws(JSONFault) {
    if end &- quote > limits.stringBytes { throw JSONFault(.stringTooLong, at: quote) }
  }

  /// The string with its escapes replaced: put together from bytes and looked at as text once, whatever it is cut into.
  private mutating func escapedString(from quote: Int, firstEscape: Int) throws(JSONFault) -> String {
    var result: [UInt8] = []
    var run = quote &+ 1
    var index = firstEscape
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        try checkLength(from: quote, to: index)
        append(run..<index, to: &result)
        position = index &+ 1
        return try text(result, from: quote &+ 1..<index)
      }
      if byte == UInt8(ascii: "\\") {
        append(run..<index, to: &result)
        result.append(contentsOf: UTF8.encode(try escape(at: &index)) ?? UTF8.encodedReplacementCharacter)
        run = index
        continue
      }
      if byte < 0x20 { throw JSONFault(.controlCharacter, at: index) }
      index &+= 1
    }
    throw JSONFault(.stringUnterminated, at: quote)
  }

  private func append(_ range: Range<Int>, to result: inout [UInt8]) {
    for index in range { result.append(bytes[index]) }
  }

  /// The bytes as text, if those that they were made from are UTF-8.
  ///
  /// An escape is ASCII and stands for a whole character, so one are if the others are.
  private func text(_ result: [UInt8], from source: Range<Int>) throws(JSONFault) -> String {
    if let text = String(validating: result, as: UTF8.self) { return text }
    _ = try text(source)
    throw JSONFault(.invalidUTF8, at: source.lowerBound)
  }

  /// The character that the escape at `index` stands for; `index` is then behind it.
  private func escape(at index: inout Int) throws(JSONFault) -> Unicode.Scalar {
    let start = index
    guard start &+ 1 < bytes.count else { throw JSONFault(.unexpectedEnd, at: bytes.count) }
    index &+= 2
    switch bytes[start &+ 1] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw JSONFault(.escapeUnknown, at: start)
    }
    let unit = try hexadecimalUnit(at: index, ofEscapeAt: start)
    index &+= 4
    if let scalar = Unicode.Scalar(unit) { return scalar }
    // A high half, which is followed by the escape of a low one, or nothing that is a character (RFC 8259 §7).
    guard unit < 0xDC00, index &+ 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
      bytes[index &+ 1] == UInt8(ascii: "u")
    else { throw JSONFault(.loneSurrogate, at: start) }
    let low = try hexadecimalUnit(at: index &+ 2, ofEscapeAt: index)
    guard 0xDC00...0xDFFF ~= low,
      let scalar = Unicode.Scalar(0x10000 &+ (unit &- 0xD800) << 10 &+ (low &- 0xDC00))
    else { throw JSONFault(.loneSurrogate, at: start) }
    index &+= 6
    return scalar
  }

  private func hexadecimalUnit(at start: Int, ofEscapeAt escape: Int) throws(JSONFault) -> UInt32 {
    guard start &+ 4 <= bytes.count else { throw JSONFault(.unexpectedEnd, at: bytes.count) }
    var unit: UInt32 = 0
    for index in start..<start &+ 4 {
      guard let digit = ASCII.hexadecimalValue(bytes[index]) else { throw JSONFault(.escapeUnknown, at: escape) }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }
}
