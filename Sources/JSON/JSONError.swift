/// The first place where a text is not the JSON that was asked for, and the reason.
package struct JSONError: Error, Sendable, Equatable {
  package let kind: Kind
  /// The offset in the text, in bytes.
  package let offset: Int
  /// The line and column in the text.
  package let location: SourceLocation

  package enum Kind: Sendable, Equatable {
    case unexpectedEnd
    case byteOrderMark
    case valueExpected
    case memberNameExpected
    case colonExpected
    case commaOrBraceExpected
    case commaOrBracketExpected
    case textAfterValue
    case literalUnknown
    case numberMalformed
    case numberLeadingZero
    case numberTooLong(Int)
    case numberOutOfRange
    case stringUnterminated
    case stringTooLong
    case controlCharacter
    case escapeUnknown
    case loneSurrogate
    case invalidUTF8
    case commentUnterminated
    case duplicateMember(String)
    case tooDeep(Int)
    case tooMany(Int)
  }

  /// The reason in words.
  package var message: String {
    switch kind {
    case .unexpectedEnd: "the text ends before its value is complete"
    case .byteOrderMark: "the text begins with a byte order mark; save it as UTF-8 without one"
    case .valueExpected: "expected a value"
    case .memberNameExpected: "expected a member name in double quotes"
    case .colonExpected: "expected ':' after a member name"
    case .commaOrBraceExpected: "expected ',' or '}' after a member"
    case .commaOrBracketExpected: "expected ',' or ']' after an element"
    case .textAfterValue: "expected nothing more after the value"
    case .literalUnknown: "expected a value; the only words are true, false and null"
    case .numberMalformed: "not a number as JSON writes it"
    case .numberLeadingZero: "a number has no leading zeros"
    case .numberTooLong(let limit): "a number has at most \(limit) digits"
    case .numberOutOfRange: "the number is out of range"
    case .stringUnterminated: "the string has no closing '\"'"
    case .stringTooLong: "the string is too long"
    case .controlCharacter: "a control character in a string must be escaped"
    case .escapeUnknown: "not an escape that JSON has"
    case .loneSurrogate: "half of a surrogate pair stands alone"
    case .invalidUTF8: "not valid UTF-8"
    case .commentUnterminated: "the comment has no closing '*/'"
    case .duplicateMember(let name): "'\(Self.beginning(of: name))' stands here a second time"
    case .tooDeep(let limit): "nested more than \(limit) levels deep"
    case .tooMany(let limit): "more than \(limit) members or elements"
    }
  }

  /// As much of a name as a message has room for.
  private static func beginning(of name: String) -> String {
    let beginning = name.unicodeScalars.prefix(64)
    return beginning.endIndex == name.unicodeScalars.endIndex ? name : String(beginning) + "…"
  }
}

/// A place in a text: lines and columns from 1, columns in characters (Unicode scalar values).
package struct SourceLocation: Sendable, Hashable, Comparable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (left: SourceLocation, right: SourceLocation) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// An error as the scanner knows it; the code that reports it counts the lines.
struct JSONFault: Error {
  let kind: JSONError.Kind
  let offset: Int

  init(_ kind: JSONError.Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  func located(in bytes: Span<UInt8>) -> JSONError {
    var cursor = LocationCursor()
    return JSONError(kind: kind, offset: offset, location: cursor.location(of: offset, in: bytes))
  }
}

/// Turns byte offsets, asked for in ascending order, into lines and columns in one pass over the text.
struct LocationCursor {
  private var offset = 0
  private var line = 1
  private var column = 1

  mutating func location(of wanted: Int, in bytes: Span<UInt8>) -> SourceLocation {
    if wanted < offset { self = LocationCursor() }
    let end = min(wanted, bytes.count)
    while offset < end {
      let byte = bytes[offset]
      if byte == 0x0A {
        line &+= 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column &+= 1
      }
      offset &+= 1
    }
    return SourceLocation(line: line, column: column)
  }
}
