import HTTP
import Testing

/// Beside the cases of the wire corpus.
@Suite struct `PROXY headers` {
  private func binary(_ command: UInt8, _ family: UInt8, _ length: Int, _ rest: [UInt8]) -> [UInt8] {
    Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [command, family, UInt8(length >> 8), UInt8(length & 255)] + rest
  }

  @Test(
    arguments: [
      ([], 15), (Array("PROXY TCP4 192.0.2.1".utf8), 21), (Array("P".utf8), 15), (Array("\r\n".utf8), 16),
      (Array("\r\n\r\n\0\r\nQUIT\n\u{21}\u{11}\0".utf8), 16),
      (Array("\r\n\r\n\0\r\nQUIT\n\u{21}\u{11}\u{1}\0".utf8), 272),
    ] as [([UInt8], Int)])
  func `say how many bytes they have at least`(_ bytes: [UInt8], _ count: Int) {
    #expect(ProxyHeader.parse(bytes.span) == .needsMore(byteCount: count))
  }

  @Test func `of version 2 name clients on unix sockets`() {
    let header = binary(0x21, 0x31, 216, Array(repeating: 0x2F, count: 216))
    #expect(ProxyHeader.parse(header.span) == .complete(ProxyHeader(.unixSocket, byteCount: 232)))
  }

  @Test func `of version 2 may have 4096 bytes in all`() {
    let longest = binary(0x21, 0x11, 4080, Array(repeating: 1, count: 4080))
    let parse = ProxyHeader.parse(longest.span)
    let source = ProxyHeader.Source.address(IPAddress(v4: 0x0101_0101), port: 0x0101)
    #expect(parse == .complete(ProxyHeader(source, byteCount: 4096)))
    #expect(ProxyHeader.parse(binary(0x21, 0x11, 4081, []).span) == .malformed(.tooLong))
  }

  @Test(arguments: 0..<12) func `are none with another signature`(_ place: Int) {
    var bytes = binary(0x20, 0, 0, [])
    bytes[place] ^= 1
    #expect(ProxyHeader.parse(bytes.span) == .malformed(.absent))
  }
}
