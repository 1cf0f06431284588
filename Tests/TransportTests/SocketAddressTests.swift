import Testing

@testable import Transport

@Suite struct `The address of a socket` {
  @Test(arguments: ["127.0.0.1", "::1", "2001:db8::7"]) func `is what a literal says`(text: String) throws {
    let address = try #require(SocketAddress.literal(host: text, port: 80))
    #expect(address.host == text)
    #expect(address.port == 80)
  }

  @Test(arguments: ["localhost", "a.example", "", "127.0.0.1.example", "[::1]"]) func `is not what a name says`(
    text: String
  ) {
    #expect(SocketAddress.literal(host: text, port: 80) == nil)
  }

  @Test func `has a host that is written without its port`() {
    #expect(SocketAddress.unix(path: "/a:b").host == "unix:/a:b")
    #expect(SocketAddress.ipv4(0x7F00_0001, port: 65535).host == "127.0.0.1")
  }

  @Test func `a literal is resolved whatever addresses this machine has`() throws {
    for text in ["127.0.0.1", "::1"] {
      #expect(try SocketAddress.resolveReachable(host: text, port: 1).map(\.host) == [text])
    }
  }
}
