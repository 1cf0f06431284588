import Bytes

/// Finds tokens in texts that people read, by the shape of a JWT, and masks them.
///
/// The shape is three or more parts of base64url characters with dots between them, of which the first, decoded, begins as a JSON
/// object with a member does: `{`, white space or none, `"` (so it begins with `eyJ`, `eyI`, `eyA`, `ewo` and their like). The other
/// parts may be empty, and parts may be padded with `=`. It begins wherever that fits, whatever stands before it, and goes on as long
/// as such characters and dots do. Each character may be percent-encoded, once or several times.
///
/// A text without `ey` or `ew` costs one look at each eight bytes of it; any other takes time linear in its length.
package enum TokenShape {
  /// The text that stands in the place of a token.
  package static let replacement: StaticString = "[redacted]"

  /// The place of the first token at or after `start`; nil if there is none.
  package static func next(in text: Span<UInt8>, from start: Int = 0) -> Range<Int>? {
    var position = start
    while let candidate = candidate(in: text, from: position) {
      guard beginsObject(text, at: candidate) else {
        position = candidate &+ 1
        continue
      }
      let (end, dots) = run(in: text, from: candidate)
      if dots >= 2 { return candidate..<end }
      // What begins inside of a run has no more dots behind it than the run has.
      position = end
    }
    return nil
  }

  /// The text with every token in it replaced.
  package static func masked(_ text: String, by replace: (String) -> String = { _ in "\(replacement)" }) -> String {
    let bytes = text.utf8Span.span
    guard var token = next(in: bytes) else { return text }
    var masked = ""
    var start = 0
    while true {
      // Tokens are ASCII, so what lies between them is text.
      masked += bytes.extracting(start..<token.lowerBound).text + replace(bytes.extracting(token).text)
      start = token.upperBound
      guard let following = next(in: bytes, from: start) else { break }
      token = following
    }
    return masked + bytes.extracting(start..<bytes.count).text
  }

  // MARK: Reading

  /// The first place at or after `start` where an `e` with `y` or `w` behind it stands, each encoded or not.
  private static func candidate(in text: Span<UInt8>, from start: Int) -> Int? {
    var position = start
    while let pivot = pivot(in: text, from: position) {
      position = pivot &+ 1
      let (character, next) = character(in: text, at: pivot)
      let isFirst = character == UInt8(ascii: "e")
      if isFirst, next < text.count, isSecond(Self.character(in: text, at: next).0) { return pivot }
      if isSecond(character), pivot > start, text[pivot &- 1] == UInt8(ascii: "e") { return pivot &- 1 }
    }
    return nil
  }

  private static func isSecond(_ character: UInt8) -> Bool {
    character == UInt8(ascii: "y") || character == UInt8(ascii: "w")
  }

  /// True if the characters from here on begin an object.
  private static func beginsObject(_ text: Span<UInt8>, at start: Int) -> Bool {
    var bits: UInt32 = 0
    var bitCount = 0
    var isOpen = false
    var position = start
    // Twelve bytes; an object that has nothing but white space so far counts as one.
    for _ in 0..<16 {
      guard position < text.count else { return false }
      let (character, next) = character(in: text, at: position)
      guard let value = base64URLValue(of: character) else { return false }
      position = next
      bits = bits << 6 | UInt32(value)
      bitCount &+= 6
      guard bitCount >= 8 else { continue }
      bitCount &-= 8
      switch (UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)), isOpen) {
      case (UInt8(ascii: "{"), false): isOpen = true
      case (UInt8(ascii: "\""), true): return true
      case (0x20, true), (0x09, true), (0x0A, true), (0x0D, true): break
      case (_, _): return false
      }
    }
    return true
  }

  /// Returns the end of the run of characters and dots, and the number of dots in it.
  private static func run(in text: Span<UInt8>, from start: Int) -> (end: Int, dots: Int) {
    var position = start
    var dots = 0
    while position < text.count {
      let (character, next) = character(in: text, at: position)
      if character == UInt8(ascii: ".") {
        dots &+= 1
      } else if character != UInt8(ascii: "="), base64URLValue(of: character) == nil {
        break
      }
      position = next
    }
    return (position, dots)
  }

  /// The character here with its escapes undone, and the place behind it.
  private static func character(in text: Span<UInt8>, at start: Int) -> (UInt8, Int) {
    let percent = UInt8(ascii: "%")
    guard text[start] == percent else { return (text[start], start &+ 1) }
    var digits = start &+ 1
    // An escaped `%`, which with what follows is an escape in turn.
    while digits &+ 3 < text.count, text[digits] == UInt8(ascii: "2"), text[digits &+ 1] == UInt8(ascii: "5") {
      digits &+= 2
    }
    guard digits &+ 1 < text.count, let high = ASCII.hexadecimalValue(text[digits]),
      let low = ASCII.hexadecimalValue(text[digits &+ 1])
    else { return (percent, start &+ 1) }
    return (high << 4 | low, digits &+ 2)
  }

  private static func base64URLValue(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character &- 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character &- 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character &+ 4
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }

  // MARK: Searching

  /// The first place at or after `start` of a `y`, a `w` or a `%`, without one of which no token begins.
  private static func pivot(in text: Span<UInt8>, from start: Int) -> Int? {
    // SAFETY: each load checks that eight bytes are there, and any eight bytes are a UInt64.
    let raw = unsafe text.bytes
    var index = start
    while text.count &- index >= 8 {
      let word = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
      let hits = zeros(in: word ^ ones &* 0x79) | zeros(in: word ^ ones &* 0x77) | zeros(in: word ^ ones &* 0x25)
      if hits != 0 { return index &+ hits.trailingZeroBitCount &>> 3 }
      index &+= 8
    }
    while index < text.count {
      let byte = text[index]
      if isSecond(byte) || byte == UInt8(ascii: "%") { return index }
      index &+= 1
    }
    return nil
  }

  /// The top bit of each byte that is zero.
  ///
  /// The lowest one marked is right; those above it may be marked by a borrow.
  private static func zeros(in word: UInt64) -> UInt64 { (word &- ones) & ~word & ones &* 0x80 }

  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
}
