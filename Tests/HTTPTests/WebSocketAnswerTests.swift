import Bytes
import HTTP
import Testing

/// RFC 6455 §4.1: when a client has to fail the connection, the gateway does.
@Suite struct `The answer to a handshake` {
  static let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
  static let upgrade = ["Connection: Upgrade", "Upgrade: websocket", accept]

  func flaw(_ fields: [String], offering offers: [String] = []) throws -> WebSocketAnswer.Flaw? {
    var request = RequestHead()
    let handshake =
      [
        "GET / HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ] + offers
    let asked = Readings.request(Array((handshake + ["", ""]).joined(separator: "\r\n").utf8), into: &request)
    try #require(asked.contains("websocket yes"))
    var response = ResponseHead()
    let answer = ["HTTP/1.1 101 Switching Protocols"] + fields + ["", ""]
    let read = Readings.response(Array(answer.joined(separator: "\r\n").utf8), to: .get, into: &response)
    try #require(read.last == "rest 0", "\(read)")
    return WebSocketAnswer.flaw(of: response, to: request, accept: Array("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".utf8).span)
  }

  @Test(
    arguments: [
      (["Upgrade: websocket", accept], .notUpgraded),
      (["Connection: close", "Upgrade: websocket", accept], .notUpgraded),
      (["Connection: Upgrade", accept], .wrongProtocol),
      (["Connection: Upgrade", "Upgrade: h2c", accept], .wrongProtocol),
      (["Connection: Upgrade", "Upgrade: websocket, h2c", accept], .wrongProtocol),
      (["Connection: Upgrade", "Upgrade: websocket", "Upgrade: websocket", accept], .wrongProtocol),
      (["Connection: Upgrade", "Upgrade: websocket"], .wrongAccept),
      (["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Accept: x"], .wrongAccept),
      (["Connection: Upgrade", "Upgrade: websocket", accept.uppercased()], .wrongAccept),
      (upgrade + [accept], .wrongAccept),
      (["Connection: keep-alive, UPGRADE", "Upgrade: WebSocket", accept], nil), (upgrade, nil),
      (upgrade + ["Sec-WebSocket-Protocol: a"], .unofferedSubprotocol),
      (upgrade + ["Sec-WebSocket-Extensions: a"], .unofferedExtension),
    ] as [([String], WebSocketAnswer.Flaw?)])
  func `must say what the RFC wants`(_ fields: [String], _ expected: WebSocketAnswer.Flaw?) throws {
    #expect(try flaw(fields) == expected)
  }

  @Test(
    arguments: [
      ("a", nil), ("c", nil), ("b.v1", nil), ("A", .unofferedSubprotocol), ("d", .unofferedSubprotocol),
      ("a, c", .unofferedSubprotocol), ("", .unofferedSubprotocol),
    ] as [(String, WebSocketAnswer.Flaw?)])
  func `selects one of the subprotocols offered`(_ selected: String, _ expected: WebSocketAnswer.Flaw?) throws {
    let offers = ["Sec-WebSocket-Protocol: a,b.v1", "Sec-WebSocket-Protocol: c"]
    #expect(try flaw(Self.upgrade + ["Sec-WebSocket-Protocol: \(selected)"], offering: offers) == expected)
    let twice = ["Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a"]
    #expect(try flaw(Self.upgrade + twice, offering: offers) == .unofferedSubprotocol)
  }

  @Test(
    arguments: [
      ("x", nil), ("X; p=1", nil), ("x;p, z", nil), ("y", .unofferedExtension), ("x, y", .unofferedExtension),
      ("p=1", .unofferedExtension), ("z, w, x, x;q", nil), ("x, x, x, y", .unofferedExtension), ("", nil), (", ,", nil),
    ] as [(String, WebSocketAnswer.Flaw?)])
  func `uses extensions that were offered`(_ used: String, _ expected: WebSocketAnswer.Flaw?) throws {
    let offers = ["Sec-WebSocket-Extensions: x; p=1", "Sec-WebSocket-Extensions: w, z ; q"]
    #expect(try flaw(Self.upgrade + ["Sec-WebSocket-Extensions: \(used)"], offering: offers) == expected)
  }

  @Test(arguments: [(16, nil), (17, .unofferedExtension)] as [(Int, WebSocketAnswer.Flaw?)])
  func `uses few extensions`(_ count: Int, _ expected: WebSocketAnswer.Flaw?) throws {
    let names = (0..<count).map { "x\($0)" }
    let offers = ["Sec-WebSocket-Extensions: " + names.reversed().joined(separator: ",")]
    #expect(
      try flaw(Self.upgrade + names.map { "Sec-WebSocket-Extensions: \($0)" }, offering: offers) == expected)
  }

  @Test func `every flaw has a word of its own`() {
    #expect(Set(WebSocketAnswer.Flaw.allCases.map { "\($0.reason)" }).count == WebSocketAnswer.Flaw.allCases.count)
  }
}
