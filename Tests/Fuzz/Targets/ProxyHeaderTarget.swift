import Bytes
import HTTP

/// PROXY headers: the reader against one that takes its time.
enum ProxyHeaderTarget {
  static func read(_ bytes: [UInt8]) {
    let whole = ProxyHeader.parse(bytes.span)
    let comment = "\(shown(bytes))\n\(whole)"
    for end in 0..<min(bytes.count, 300) {
      let part = ProxyHeader.parse(bytes.span.extracting(0..<end))
      switch part {
      case .needsMore(let count):
        require(count > end && count <= ProxyHeader.byteMax, "what is wanted is more", comment)
      case .complete(let header): require(header.byteCount <= end && part == whole, "a header stays one", comment)
      case .malformed: require(part == whole, "a fault stays one", comment)
      }
    }
    let expected = plain(bytes)
    switch whole {
    case .complete(let header):
      require(header.byteCount <= bytes.count, "a header lies inside", comment)
      require(header == expected, "only a good header is taken, for what it says", comment)
    case .needsMore, .malformed: require(expected == nil, "a good header is taken", comment)
    }
  }

  /// The header in the plainest way; nil if there is no whole and good one.
  private static func plain(_ bytes: [UInt8]) -> ProxyHeader? {
    bytes.starts(with: Array("PROXY ".utf8)) ? text(bytes) : binary(bytes)
  }

  private static func text(_ bytes: [UInt8]) -> ProxyHeader? {
    let space = bytes.prefix(107)
    guard let end = space.indices.first(where: { space[$0...].starts(with: [13, 10]) }) else { return nil }
    let line = space[..<end]
    guard !line.contains(10), !line.contains(13) else { return nil }
    let words = line.split(separator: 32, omittingEmptySubsequences: false).map { Array($0) }
    if words[1] == Array("UNKNOWN".utf8) { return ProxyHeader(.unnamed, byteCount: end + 2) }
    guard words.count == 6, words[1] == Array("TCP4".utf8) || words[1] == Array("TCP6".utf8),
      let source = address(words[2]), address(words[3]) != nil,
      words[2...3].allSatisfy({ $0.contains(58) == (words[1].last == 54) }),
      let port = port(words[4]), self.port(words[5]) != nil
    else { return nil }
    return ProxyHeader(.address(source, port: port), byteCount: end + 2)
  }

  private static func address(_ text: [UInt8]) -> IPAddress? { IPAddress(text.span) }

  private static func port(_ digits: [UInt8]) -> UInt16? {
    let text = String(decoding: digits, as: UTF8.self)
    guard let port = UInt16(text), "\(port)" == text else { return nil }
    return port
  }

  private static func binary(_ bytes: [UInt8]) -> ProxyHeader? {
    guard bytes.starts(with: [13, 10, 13, 10, 0, 13, 10] + Array("QUIT\n".utf8)), bytes.count >= 16 else { return nil }
    let count = 16 + Int(bytes[14]) * 256 + Int(bytes[15])
    guard count <= 4096, bytes.count >= count else { return nil }
    switch (bytes[12], bytes[13]) {
    case (0x20, _), (0x21, 0x00): return ProxyHeader(.unnamed, byteCount: count)
    case (0x21, 0x11) where count >= 28:
      let text = bytes[16..<20].map { "\($0)" }.joined(separator: ".")
      return IPAddress(text).map {
        ProxyHeader(.address($0, port: UInt16(bytes[24]) << 8 | UInt16(bytes[25])), byteCount: count)
      }
    case (0x21, 0x21) where count >= 52:
      let address = bytes[16..<32].reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
      return ProxyHeader(
        .address(IPAddress(v6: address), port: UInt16(bytes[48]) << 8 | UInt16(bytes[49])), byteCount: count)
    case (0x21, 0x31) where count >= 232: return ProxyHeader(.unixSocket, byteCount: count)
    default: return nil
    }
  }
}
