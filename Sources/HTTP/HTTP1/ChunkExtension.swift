import Bytes

/// The place up to which the extensions of a chunk have been read: `*( ";" name [ "=" ( token / quoted-string ) ] )` (RFC 9112 §7.1.1).
///
/// They mean nothing to the gateway and are dropped. But where one of them seems to end is where readers before the gateway have
/// been led astray, so that only what has one reading is taken; white space outside of quotes, which the RFC calls bad, is not,
/// unless whoever reads passes over it.
struct ChunkExtension {
  private enum Place {
    /// Behind blanks that followed the size.
    case sizeEnd
    case nameStart
    case name
    case nameEnd
    case valueStart
    case value
    case quoted
    /// Behind a backslash in quotes.
    case escaped
    case valueEnd
  }

  private var place = Place.nameStart

  /// Begins behind the first semicolon.
  init() {}

  /// Begins behind a blank that followed the size.
  init(behindBlank: Void) { place = .sizeEnd }

  /// Passes over a blank, if it lies outside of quotes; false if it is part of a quoted string.
  mutating func passOverBlank() -> Bool {
    switch place {
    case .quoted, .escaped: return false
    case .name: place = .nameEnd
    case .value: place = .valueEnd
    case .sizeEnd, .nameStart, .nameEnd, .valueStart, .valueEnd: break
    }
    return true
  }

  /// True if the chunk's line may end here.
  var mayEnd: Bool {
    switch place {
    case .sizeEnd, .name, .nameEnd, .value, .valueEnd: true
    case .nameStart, .valueStart, .quoted, .escaped: false
    }
  }

  /// Reads one more octet; false if it can't stand there.
  mutating func read(_ byte: UInt8) -> Bool {
    switch place {
    case .sizeEnd: return startsAnother(byte)
    case .nameStart:
      place = .name
      return ASCII.isToken(byte)
    case .name:
      if byte == UInt8(ascii: "=") {
        place = .valueStart
        return true
      }
      return ASCII.isToken(byte) || startsAnother(byte)
    case .nameEnd:
      if byte == UInt8(ascii: "=") {
        place = .valueStart
        return true
      }
      return startsAnother(byte)
    case .valueStart:
      place = byte == UInt8(ascii: "\"") ? .quoted : .value
      return byte == UInt8(ascii: "\"") || ASCII.isToken(byte)
    case .value: return ASCII.isToken(byte) || startsAnother(byte)
    case .quoted:
      if byte == UInt8(ascii: "\"") { place = .valueEnd }
      if byte == UInt8(ascii: "\\") { place = .escaped }
      return ASCII.isFieldValue(byte)
    case .escaped:
      place = .quoted
      return ASCII.isFieldValue(byte)
    case .valueEnd: return startsAnother(byte)
    }
  }

  private mutating func startsAnother(_ byte: UInt8) -> Bool {
    guard byte == UInt8(ascii: ";") else { return false }
    place = .nameStart
    return true
  }
}
