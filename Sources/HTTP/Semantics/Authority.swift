import Bytes

/// The parts of `host [":" port]` (RFC 9110 §7.2), in the strict grammar that leaves no room for a second reading.
///
/// The host is a name of letters, digits, `-`, `_`, `~` and single dots, an IPv4 address, or an IPv6 address in brackets. No
/// user information, no escapes, no comma; a port has one to five digits and is at most 65535.
struct Authority: Equatable {
  /// The number of octets of the host, without a dot at its end.
  var hostCount: Int
  var port: UInt16?
  var hasUppercase: Bool

  /// Takes an authority apart; nil if it is out of form or empty.
  init?(_ text: Span<UInt8>) {
    guard text.count > 0 else { return nil }
    hasUppercase = false
    port = nil
    var position = 0
    if text[0] == UInt8(ascii: "[") {
      guard let bracket = text.firstIndex(of: UInt8(ascii: "]")),
        IPAddress.isIPv6(text.extracting(1..<bracket))
      else { return nil }
      position = bracket &+ 1
      hostCount = position
      for index in 1..<bracket where text[index] &- 65 < 26 { hasUppercase = true }
    } else {
      // A dot stands behind something that is no dot.
      var isAfterDot = true
      var uppercase = false
      while position < text.count {
        let byte = text[position]
        if byte &- 97 < 26 || ASCII.isDigit(byte) || byte == UInt8(ascii: "-") {
          isAfterDot = false
        } else if byte == UInt8(ascii: ".") {
          if isAfterDot { return nil }
          isAfterDot = true
        } else if byte == UInt8(ascii: ":") {
          break
        } else {
          guard ASCII.isUnreserved(byte) else { return nil }
          if byte &- 65 < 26 { uppercase = true }
          isAfterDot = false
        }
        position &+= 1
      }
      guard position > 0 else { return nil }
      hasUppercase = uppercase
      hostCount = isAfterDot ? position &- 1 : position
    }
    guard position < text.count else { return }
    guard text[position] == UInt8(ascii: ":"), let number = Self.port(text.extracting((position &+ 1)..<text.count))
    else { return nil }
    port = number
  }

  private static func port(_ digits: Span<UInt8>) -> UInt16? {
    guard digits.count >= 1, digits.count <= 5 else { return nil }
    var value: UInt32 = 0
    for index in digits.indices {
      guard ASCII.isDigit(digits[index]) else { return nil }
      value = value &* 10 &+ UInt32(digits[index] &- 48)
    }
    return UInt16(exactly: value)
  }
}
