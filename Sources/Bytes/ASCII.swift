/// Classes of octets, as the standards define them.
@usableFromInline
package enum ASCII {
  @inlinable package static var space: UInt8 { 0x20 }
  @inlinable package static var tab: UInt8 { 0x09 }
  @inlinable package static var carriageReturn: UInt8 { 0x0D }
  @inlinable package static var lineFeed: UInt8 { 0x0A }

  /// True for an octet of a token (RFC 9110 §5.6.2): a method, a field name.
  @inlinable package static func isToken(_ byte: UInt8) -> Bool {
    // ! # $ % & ' * + - . 0-9, and A-Z ^ _ ` a-z | ~
    let low: UInt64 = 0x03FF_6CFA_0000_0000
    let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
    let half = byte < 64 ? low : high
    return byte < 128 && (half >> UInt64(byte & 63)) & 1 == 1
  }

  /// True for an octet of a field value as this gateway takes it (RFC 9110 §5.5): visible, space, tab, or above 0x7F.
  @inlinable package static func isFieldValue(_ byte: UInt8) -> Bool {
    byte >= 0x20 ? byte != 0x7F : byte == tab
  }

  @inlinable package static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

  @inlinable package static func isAlpha(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }

  @inlinable package static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isAlpha(byte) }

  /// `unreserved` of RFC 3986 §2.3: an escape of one of these means the same as the octet itself.
  @inlinable package static func isUnreserved(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
  }

  @inlinable package static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

  /// The value of a hexadecimal digit of either case, nil for anything else.
  @inlinable package static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    if isDigit(byte) { return byte &- 48 }
    let letter = (byte | 0x20) &- 97
    return letter < 6 ? letter &+ 10 : nil
  }
}
