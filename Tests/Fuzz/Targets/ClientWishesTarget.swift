@testable import TLS

/// The extensions of a client's first message: the readers against the plainest ones.
enum ClientWishesTarget {
  static func read(_ bytes: [UInt8]) {
    readName(bytes)
    readProtocols(bytes)
  }

  private static func readName(_ bytes: [UInt8]) {
    let name = ClientWishes.serverName(bytes.span)
    let expected = plainName(bytes)
    require(name == expected, "the name is that of a list with one entry", shown(bytes))
    guard let name, let host = HostName.folded(name.span) else { return }
    require(HostName.folded(Array(host.utf8).span) == host, "a folded name stays as it is", shown(bytes))
    require(
      host.utf8.allSatisfy { !(65...90).contains($0) && $0 > 32 && $0 < 127 }, "a host has no odd bytes", shown(bytes))
  }

  private static func plainName(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 5 else { return nil }
    let name = Array(bytes[5...])
    func number(_ count: Int) -> [UInt8] { [UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)] }
    return bytes == number(name.count + 3) + [0] + number(name.count) + name ? name : nil
  }

  private static func readProtocols(_ bytes: [UInt8]) {
    let own = ["h2", "http/1.1"].map { Array($0.utf8) }
    let place = ClientWishes.protocolPlace(of: own, in: bytes.span)
    var names: [ArraySlice<UInt8>]? = []
    var rest = bytes[...]
    while let count = rest.popFirst() {
      guard count > 0, rest.count >= Int(count) else {
        names = nil
        break
      }
      names?.append(rest.prefix(Int(count)))
      rest.removeFirst(Int(count))
    }
    let expected = names.flatMap { names in own.first { name in names.contains { $0.elementsEqual(name) } } }
    require(place.map { Array(bytes[$0]) } == expected, "the best protocol of the list is chosen", shown(bytes))
  }
}
