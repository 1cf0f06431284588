import Bytes

extension ByteBuffer {
  /// Appends the values of all lines of the field as one list, each with a comma behind it.
  mutating func appendList(_ field: KnownField, of fields: borrowing Fields) {
    var index = fields.first(field)
    while let line = index {
      let value = fields.value(at: line)
      if !value.isEmpty {
        append(value)
        append(", ")
      }
      index = fields.next(field, from: line &+ 1)
    }
  }

  /// Appends `Via` with this gateway as the last of those that passed the message on (RFC 9110 §7.6.3).
  mutating func appendVia(_ fields: borrowing Fields, version: Version) {
    if version == .http11 && !fields.contains(.via) { return append("Via: 1.1 portcullis\r\n") }
    append("Via: ")
    appendList(.via, of: fields)
    switch version {
    case .http11: append("1.1 portcullis\r\n")
    case .http10: append("1.0 portcullis\r\n")
    }
  }

  mutating func appendContentLength(_ count: UInt64) {
    append("Content-Length: ")
    // The readers take no number that would have to be clamped.
    append(decimal: Int(clamping: count))
    append("\r\n")
  }
}

extension ByteBuffer {
  /// Appends a number as sixteen lower-case hexadecimal digits.
  mutating func append(sixteenDigits value: UInt64) {
    append(eightDigits: UInt32(truncatingIfNeeded: value >> 32))
    append(eightDigits: UInt32(truncatingIfNeeded: value))
  }

  /// All digits at once: ids are written for every request.
  private mutating func append(eightDigits value: UInt32) {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // The nibbles, each in an octet of its own.
    var digits = UInt64(value)
    digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
    digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
    digits = (digits | digits << 4) & 0x0F0F_0F0F_0F0F_0F0F
    // Where six more make it sixteen, it is a letter, and those begin 39 further on than the digits end.
    let letters = (digits &+ ones &* 6) >> 4 & ones
    let text = digits &+ ones &* 0x30 &+ letters &* 39
    var octets = InlineArray<8, UInt8>(repeating: 0)
    for index in 0..<8 { octets[index] = UInt8(truncatingIfNeeded: text >> UInt64(56 &- 8 &* index)) }
    append(octets.span)
  }
}

extension Fields {
  /// Whether the line is spelt as the writers would spell it.
  func isCanonical(at index: Int) -> Bool { lines[index].isCanonical }
}
