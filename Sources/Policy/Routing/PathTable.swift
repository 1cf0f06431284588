import Bytes

/// The table of one host's paths: it finds all that fit in one pass over the path asked for.
///
/// A prefix is found at the segment boundary where it ends, by the hash of what was read until then. Each prefix knows
/// the next shorter one above it, so the longest that was found leads to all the others and nothing has to be kept on
/// the way.
struct PathTable: Sendable {
  /// The matches: numbers of paths, to be looked up with ``candidates(of:)``.
  struct Hit {
    /// The path as the exact path of some route.
    var exact: Int?
    /// The longest prefix.
    var prefix: Int?
  }

  private let exacts: KeyTable
  private let prefixes: KeyTable
  /// For each prefix, the next shorter one that it lies under.
  private let shorter: [Int?]
  /// For each exact path, then each prefix, which of the routes stand there.
  private let ranges: [Range<Int>]
  private let exactCount: Int
  /// No path of the table is longer.
  private let longest: Int

  /// - Parameters:
  ///   - exacts: the exact paths and which routes stand there.
  ///   - prefixes: the prefixes, without a final slash (`/` is empty), and which routes stand there.
  init(exacts: [(path: [UInt8], candidates: Range<Int>)], prefixes: [(path: [UInt8], candidates: Range<Int>)]) {
    let sorted = prefixes.sorted { $0.path.count < $1.path.count }
    self.exacts = KeyTable(exacts.map { ($0.path, Self.hash($0.path)) })
    let table = KeyTable(sorted.map { ($0.path, Self.hash($0.path)) })
    self.prefixes = table
    shorter = sorted.map { Self.longestPrefix(above: $0.path.span, in: table) }
    ranges = exacts.map(\.candidates) + sorted.map(\.candidates)
    exactCount = exacts.count
    longest = (exacts.map(\.path.count) + sorted.map(\.path.count)).max() ?? 0
  }

  /// Finds the paths of routes that are this path or lie above it.
  func find(_ path: Span<UInt8>) -> Hit {
    var hit = Hit()
    guard path.count > 0, path[0] == slash else { return hit }
    var hash = RollingHash()
    var position = 0
    let end = min(path.count, longest)
    while position < end {
      if path[position] == slash, let index = prefixes.index(of: path.extracting(0..<position), hash: hash.value) {
        hit.prefix = index
      }
      hash.add(path[position])
      position &+= 1
    }
    // What was read is now either the whole path, or as long as any path here.
    if position == path.count {
      hit.exact = exacts.index(of: path, hash: hash.value)
    } else if path[position] != slash {
      return hit
    }
    if let index = prefixes.index(of: path.extracting(0..<position), hash: hash.value) { hit.prefix = index }
    return hit
  }

  /// The next shorter prefix above that prefix.
  func prefix(above prefix: Int) -> Int? { shorter[prefix] }

  /// The routes at an exact path.
  func candidates(exact index: Int) -> Range<Int> { ranges[index] }

  /// The routes at a prefix.
  func candidates(prefix index: Int) -> Range<Int> { ranges[exactCount &+ index] }

  private var slash: UInt8 { UInt8(ascii: "/") }

  private static func hash(_ path: [UInt8]) -> UInt64 {
    var hash = RollingHash()
    for byte in path { hash.add(byte) }
    return hash.value
  }

  private static func longestPrefix(above path: Span<UInt8>, in table: KeyTable) -> Int? {
    var found: Int?
    var hash = RollingHash()
    for position in path.indices {
      if path[position] == UInt8(ascii: "/") {
        found = table.index(of: path.extracting(0..<position), hash: hash.value) ?? found
      }
      hash.add(path[position])
    }
    return found
  }
}
