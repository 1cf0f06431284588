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

extension Fields {
  /// Whether the line is spelt as the writers would spell it.
  func isCanonical(at index: Int) -> Bool { lines[index].isCanonical }
}
