import Bytes

/// How far the extensions of a chunk have been read: `*( ";" name [ "=" ( token / quoted-string ) ] )` (RFC 9112 §7.1.1).
///
/// They mean nothing to the gateway and are dropped. But where one of them seems to end is where readers before the gateway have
/// been led astray, so that only what has one reading is taken; white space outside of quotes, which the RFC calls bad, is not.
struct ChunkExtension {
  private enum Place {
    case nameStart
    case name
    case valueStart
    case value
    case quoted
    /// Behind a backslash in quotes.
    case escaped
    case quoteEnd
  }

  private var place = Place.nameStart

  /// Begins behind the first semicolon.
  init() {}

  /// Whether the chunk's line may end here.
  var mayEnd: Bool {
    switch place {
    case .name, .value, .quoteEnd: true
    case .nameStart, .valueStart, .quoted, .escaped: false
    }
  }

  /// Reads one more octet; false if it can't stand there.
  mutating func read(_ byte: UInt8) -> Bool {
    switch place {
    case .nameStart:
      place = .name
      return ASCII.isToken(byte)
    case .name:
      if byte == UInt8(ascii: "=") {
        place = .valueStart
        return true
      }
      return ASCII.isToken(byte) || startsAnother(byte)
    case .valueStart:
      place = byte == UInt8(ascii: "\"") ? .quoted : .value
      return byte == UInt8(ascii: "\"") || ASCII.isToken(byte)
    case .value: return ASCII.isToken(byte) || startsAnother(byte)
    case .quoted:
      if byte == UInt8(ascii: "\"") { place = .quoteEnd }
      if byte == UInt8(ascii: "\\") { place = .escaped }
      return ASCII.isFieldValue(byte)
    case .escaped:
      place = .quoted
      return ASCII.isFieldValue(byte)
    case .quoteEnd: return startsAnother(byte)
    }
  }

  private mutating func startsAnother(_ byte: UInt8) -> Bool {
    guard byte == UInt8(ascii: ";") else { return false }
    place = .nameStart
    return true
  }
}
