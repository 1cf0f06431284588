import Bytes

/// The changes that made a path canonical, in words.
enum PathChanges {
  /// - Parameter path: as it was sent; one that could be made canonical.
  static func list(_ path: Span<UInt8>) -> [String] {
    var changes: [String] = []
    func note(_ change: String, _ isMade: Bool) {
      if isMade && !changes.contains(change) { changes.append(change) }
    }
    var segment: [UInt8] = []
    var position = 0
    while position < path.count {
      let byte = path[position]
      position += 1
      if byte == UInt8(ascii: "/") {
        note("slashes merged", position > 1 && path[position - 2] == byte)
        note("dot segments resolved", isDots(segment))
        segment = []
      } else if byte == UInt8(ascii: "%"), position + 1 < path.count, let high = ASCII.hexadecimalValue(path[position]),
        let low = ASCII.hexadecimalValue(path[position + 1])
      {
        let octet = high << 4 | low
        note("escapes of ordinary characters decoded", ASCII.isUnreserved(octet))
        let hasLowercase = path[position] > UInt8(ascii: "F") || path[position + 1] > UInt8(ascii: "F")
        note("escapes in capitals", !ASCII.isUnreserved(octet) && hasLowercase)
        segment.append(octet)
        position += 2
      } else {
        note("characters escaped that a path can't hold", "\"<>[]^`{|}".utf8.contains(byte))
        segment.append(byte)
      }
    }
    note("dot segments resolved", isDots(segment))
    return changes.isEmpty ? ["made canonical"] : changes
  }

  private static func isDots(_ segment: [UInt8]) -> Bool {
    segment == [UInt8(ascii: ".")] || segment == [UInt8(ascii: "."), UInt8(ascii: ".")]
  }
}
