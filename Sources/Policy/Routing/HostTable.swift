import Bytes

/// The table of hosts: it finds the exact one, and the wildcards from the longest suffix to the shortest.
///
/// A host is read from its end, as names are built, so one pass gives the hash of every suffix that begins behind a
/// dot.
struct HostTable: Sendable {
  private let exacts: KeyTable
  private let suffixes: KeyTable
  /// For each suffix, the next shorter one that it ends in.
  private let shorter: [Int?]

  /// - Parameters:
  ///   - exacts: hosts in lower case.
  ///   - suffixes: what follows `*.`, in lower case.
  init(exacts: [[UInt8]], suffixes: [[UInt8]]) {
    self.exacts = KeyTable(exacts.map { ($0, Self.hash($0)) })
    let table = KeyTable(suffixes.map { ($0, Self.hash($0)) })
    self.suffixes = table
    shorter = suffixes.map { Self.longestSuffix(above: $0.span, in: table) }
  }

  /// The number of that very host.
  func exact(_ host: Span<UInt8>) -> Int? {
    if exacts.isEmpty { return nil }
    var hash = RollingHash()
    var position = host.count
    while position > 0 {
      position &-= 1
      hash.add(host[position])
    }
    return exacts.index(of: host, hash: hash.value)
  }

  /// The number of the longest suffix that the host lies under, by whole labels; it must have at least one label more.
  func wildcard(_ host: Span<UInt8>) -> Int? {
    suffixes.isEmpty ? nil : Self.longestSuffix(above: host, in: suffixes)
  }

  /// The next shorter suffix that this one lies under.
  func wildcard(above suffix: Int) -> Int? { shorter[suffix] }

  private static func longestSuffix(above host: Span<UInt8>, in table: KeyTable) -> Int? {
    var hash = RollingHash()
    var found: Int?
    var position = host.count
    while position > 1 {
      position &-= 1
      let byte = host[position]
      if byte == UInt8(ascii: ".") {
        found = table.index(of: host.extracting((position &+ 1)..<host.count), hash: hash.value) ?? found
      }
      hash.add(byte)
    }
    return found
  }

  private static func hash(_ host: [UInt8]) -> UInt64 {
    var hash = RollingHash()
    for byte in host.reversed() { hash.add(byte) }
    return hash.value
  }
}
