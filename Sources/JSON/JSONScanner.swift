import Bytes

/// The grammar of JSON over a text: what both readers are made of.
///
/// Strict is RFC 8259 to the letter; commented also takes `//` and `/* */` comments and a comma after the last member or element.
/// Every call leaves `position` behind what it has read, or throws.
struct JSONScanner: ~Escapable {
  enum Dialect {
    case strict
    case commented
  }

  enum Container {
    case object
    case list
  }

  let bytes: Span<UInt8>
  let dialect: Dialect
  let limits: JSONLimits
  var position = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, dialect: Dialect, limits: JSONLimits) {
    self.bytes = bytes
    self.dialect = dialect
    self.limits = limits
  }

  /// The byte at the position; 0, which no grammar takes, at the end.
  @inline(__always) var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  /// Steps over white space to the beginning of the text's one value.
  mutating func begin() throws(JSONFault) {
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { throw JSONFault(.byteOrderMark, at: 0) }
    try skipSpace()
  }

  /// Makes sure that nothing but white space follows.
  mutating func end() throws(JSONFault) {
    try skipSpace()
    if position < bytes.count { throw JSONFault(.textAfterValue, at: position) }
  }

  /// Steps to the next member or element of the container; false when its end was reached and passed.
  ///
  /// - Parameter count: how many have been read; at 0 the position is behind the opening bracket.
  mutating func next(in container: Container, after count: Int) throws(JSONFault) -> Bool {
    try skipSpace()
    let closing: UInt8 = container == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")
    if current == closing {
      position &+= 1
      return false
    }
    if count > 0 {
      guard current == UInt8(ascii: ",") else {
        throw unexpected(container == .object ? .commaOrBraceExpected : .commaOrBracketExpected)
      }
      position &+= 1
      try skipSpace()
      if dialect == .commented && current == closing {
        position &+= 1
        return false
      }
    }
    if count >= limits.members { throw JSONFault(.tooMany(limits.members), at: position) }
    return true
  }

  /// Reads a member's name and the colon behind it; the position is then at its value.
  mutating func memberName() throws(JSONFault) -> String {
    guard current == UInt8(ascii: "\"") else { throw unexpected(.memberNameExpected) }
    let name = try string()
    try skipSpace()
    guard current == UInt8(ascii: ":") else { throw unexpected(.colonExpected) }
    position &+= 1
    try skipSpace()
    return name
  }

  /// Reads `true`, `false` or `null`.
  mutating func literal() throws(JSONFault) -> JSONValue {
    let start = position
    while ASCII.isAlphanumeric(current) { position &+= 1 }
    let word = bytes.extracting(start..<position)
    if word.equals("true") { return .bool(true) }
    if word.equals("false") { return .bool(false) }
    if word.equals("null") { return .null }
    position = start
    throw unexpected(word.isEmpty ? .valueExpected : .literalUnknown)
  }

  /// The error of another byte than what had to come: at the end of the text that is what is wrong.
  func unexpected(_ kind: JSONError.Kind) -> JSONFault {
    JSONFault(position < bytes.count ? kind : .unexpectedEnd, at: position)
  }

  @inline(__always)
  mutating func skipSpace() throws(JSONFault) {
    while position < bytes.count {
      let byte = bytes[position]
      if byte > 0x20 {
        if dialect == .strict || byte != UInt8(ascii: "/") { return }
        guard try skipComment() else { return }
      } else if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
        position &+= 1
      } else {
        return
      }
    }
  }

  /// Steps over the comment that begins here; false if the slash begins none.
  private mutating func skipComment() throws(JSONFault) -> Bool {
    let start = position
    guard start &+ 1 < bytes.count else { return false }
    switch bytes[start &+ 1] {
    case UInt8(ascii: "/"):
      while position < bytes.count, bytes[position] != 0x0A { position &+= 1 }
      return true
    case UInt8(ascii: "*"):
      position &+= 2
      while position &+ 1 < bytes.count {
        if bytes[position] == UInt8(ascii: "*") && bytes[position &+ 1] == UInt8(ascii: "/") {
          position &+= 2
          return true
        }
        position &+= 1
      }
      throw JSONFault(.commentUnterminated, at: start)
    default:
      return false
    }
  }
}
