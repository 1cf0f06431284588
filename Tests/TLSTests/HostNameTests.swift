import Testing

@testable import TLS

@Suite struct `The name of a host` {
  private func folded(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    return HostName.folded(bytes.span)
  }

  @Test(arguments: [
    ("example.com", "example.com"), ("EXAMPLE.Com", "example.com"), ("example.com.", "example.com"), ("a", "a"),
    ("*.example.com", "*.example.com"), ("xn--bcher-kva.example", "xn--bcher-kva.example"), ("a_b.test", "a_b.test"),
    ("127.0.0.1", "127.0.0.1"),
  ])
  func `is compared in lower case, without its final dot`(text: String, name: String) {
    #expect(folded(text) == name)
  }

  @Test(arguments: [
    "", ".", "..", "a..", "a..b", ".a", "a b", "a\0b", "a/b", "a:80", "*", "*.", "*a.test", "a.*.test",
    "bücher.example",
    "a\n",
    String(repeating: "a", count: 254),
  ])
  func `is nothing else`(text: String) {
    #expect(folded(text) == nil)
  }
}

/// The extension in which a client names the host that it wants.
@Suite struct `The name in a handshake` {
  private func name(_ bytes: [UInt8]) -> [UInt8]? { ClientWishes.serverName(bytes.span) }

  @Test func `is the one name of a list`() {
    #expect(name([0, 4, 0, 0, 1, 97]) == [97])
  }

  @Test(
    arguments: [
      [], [0], [0, 0], [0, 3, 0, 0, 0], [0, 4, 1, 0, 1, 97], [0, 5, 0, 0, 1, 97], [0, 4, 0, 0, 2, 97],
      [0, 4, 0, 0, 0, 97],
      [0, 8, 0, 0, 1, 97, 0, 0, 1, 98], [255, 255, 0, 255, 255, 97],
    ] as [[UInt8]])
  func `is nothing else`(bytes: [UInt8]) {
    #expect(name(bytes) == nil)
  }
}

/// The list in which a client names the protocols that it speaks.
@Suite struct `The protocols in a handshake` {
  private func chosen(_ own: [String], _ offers: [UInt8]) -> String? {
    guard let place = ClientWishes.protocolPlace(of: own.map { Array($0.utf8) }, in: offers.span) else { return nil }
    return String(decoding: offers[place], as: UTF8.self)
  }

  private static func list(_ names: String...) -> [UInt8] {
    names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
  }

  @Test func `are chosen in our order`() {
    #expect(chosen(["h2", "http/1.1"], Self.list("http/1.1", "h2")) == "h2")
    #expect(chosen(["http/1.1"], Self.list("h2", "http/1.1")) == "http/1.1")
    #expect(chosen(["http/1.1"], Self.list("h2", "http/1.0", "HTTP/1.1")) == nil)
  }

  @Test(
    arguments: [
      [], [0], [5], [3, 97, 98], [8] + Array("http/1.1".utf8) + [0], [8] + Array("http/1.1".utf8) + [9, 97],
      [255] + [UInt8](repeating: 97, count: 254),
    ] as [[UInt8]])
  func `are none where the list is out of form`(offers: [UInt8]) {
    #expect(chosen(["http/1.1", "a"], offers) == nil)
  }
}
