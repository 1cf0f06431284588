import Bytes

/// The parts of a client's first message that the gateway reads itself; libssl reads the rest.
enum ClientWishes {
  /// The length and the type of an entry of `server_name` (RFC 6066 §3).
  private static let nameHeader = 5

  /// The host in the extension `server_name`: the one entry of a list of the kind that there is.
  ///
  /// - Returns: nil for a list out of form.
  static func serverName(_ bytes: Span<UInt8>) -> [UInt8]? {
    guard bytes.count > nameHeader else { return nil }
    let listCount = Int(bytes[0]) << 8 | Int(bytes[1])
    let nameCount = Int(bytes[3]) << 8 | Int(bytes[4])
    // The kind 0 is the name of a host.
    guard listCount == bytes.count - 2, bytes[2] == 0, nameCount == bytes.count - nameHeader else { return nil }
    return bytes.extracting(nameHeader...).array
  }

  /// The best of our protocols among those of a list of names with their lengths in front (RFC 7301 §3.1).
  ///
  /// - Parameter own: the best first.
  /// - Returns: the place of the name in the list; nil if none is there, or the list is out of form.
  static func protocolPlace(of own: [[UInt8]], in offers: Span<UInt8>) -> Range<Int>? {
    var places: [Range<Int>] = []
    var position = 0
    while position < offers.count {
      let count = Int(offers[position])
      guard count > 0, position + 1 + count <= offers.count else { return nil }
      places.append((position + 1)..<(position + 1 + count))
      position += 1 + count
    }
    for name in own {
      if let place = places.first(where: { offers.extracting($0).equals(name.span) }) { return place }
    }
    return nil
  }
}
