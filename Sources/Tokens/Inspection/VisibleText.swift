import Bytes
package import JSON

/// Text from a stranger's token, made fit for a terminal: what would move the cursor, change colours or reorder what stands around
/// it is written as an escape.
package enum VisibleText {
  /// The text in double quotes.
  package static func quoted(_ text: String) -> String { json(.string(text)) }

  /// The beginning of the text in double quotes, for messages about something that anyone could have made long.
  static func short(_ text: String) -> String {
    let beginning = text.unicodeScalars.prefix(64)
    return beginning.endIndex == text.unicodeScalars.endIndex ? quoted(text) : quoted(String(beginning)) + "…"
  }

  /// The texts in double quotes, with commas between; "none" if there are none.
  package static func list(_ texts: [String]) -> String {
    texts.isEmpty ? "none" : texts.map(quoted).joined(separator: ", ")
  }

  /// The value as JSON that means the same.
  package static func json(_ value: JSONValue) -> String {
    var text = ByteBuffer(capacity: 256)
    text.appendJSON(value)
    return plain(text.text)
  }

  /// The text as it is, but for what can't be seen.
  package static func plain(_ text: String) -> String {
    var visible = ""
    for scalar in text.unicodeScalars {
      if isInvisible(scalar) {
        let digits = String(scalar.value, radix: 16)
        visible += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        visible.unicodeScalars.append(scalar)
      }
    }
    return visible
  }

  /// Controls, and the marks and breaks that reorder or split lines; all of them have at most four hexadecimal digits.
  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
    default: false
    }
  }
}
