/// One request of a simulation: what its client sends, what its upstream answers, and what both have seen of each other.
///
/// Bodies are made of the request's number, so that a byte of another exchange is recognised.
final class Exchanged {
  enum Kind { case get, head, post, webSocket, noToken, noRoute }
  enum Framing { case none, length, chunked, untilClose }

  /// The way in which the upstream answers, whole or not.
  enum Ending {
    case whole
    /// It closes, or resets the connection, somewhere within its response.
    case truncated(byReset: Bool)
    /// It has read the request, and ends the connection without a word.
    case unanswered(byReset: Bool)
    /// It says nothing at all.
    case silent
    /// Its head is none.
    case malformed
  }

  let number: Int
  let kind: Kind
  let prefix: String
  /// Of the request's body; `none` or `length` or `chunked`.
  let framing: Framing
  let bodyCount: Int
  let expectsContinue: Bool
  let closes: Bool
  let answerFraming: Framing
  let answerCount: Int
  let ending: Ending
  let status: Int
  /// The upstream answers before it has read the body.
  let isEarly: Bool
  let interimCount: Int
  let answerCloses: Bool
  /// The upstream sends a few bytes behind its response.
  let hasRubbish: Bool

  // Seen so far.
  var arrivals = 0
  /// Its client has sent the last byte of it.
  var isSent = false

  init(number: Int, dice: inout Dice, swarm: Swarm) {
    self.number = number
    kind = dice.pick(swarm.kinds)
    prefix = dice.pick(swarm.prefixes)
    switch kind {
    case .post: framing = dice.pick([.length, .chunked])
    case .get, .head, .webSocket, .noToken, .noRoute: framing = .none
    }
    let large = dice.chance(1, in: 8) ? dice.number(in: 0...40_000) : dice.number(in: 0...700)
    bodyCount = kind == .post ? min(large, swarm.isCalm ? 29_000 : 40_000) : 0
    expectsContinue = kind == .post && dice.chance(1, in: 4)
    closes = swarm.closes && dice.chance(1, in: 6)
    answerFraming = dice.pick(
      swarm.closes ? [.length, .chunked, .untilClose, .none] : [.length, .length, .chunked, .none])
    let answer = dice.chance(1, in: 8) ? dice.number(in: 0...60_000) : dice.number(in: 0...900)
    answerCount = answerFraming == .none ? 0 : answer
    let fails = !swarm.upstreamFaults.isEmpty && dice.chance(1, in: 4)
    ending = fails ? dice.pick(swarm.upstreamFaults) : .whole
    status = answerFraming == .none ? dice.pick([204, 304]) : dice.pick([200, 200, 201, 404])
    isEarly = swarm.answersEarly && dice.chance(1, in: 3)
    interimCount = dice.chance(1, in: 6) ? dice.number(in: 1...3) : 0
    answerCloses = swarm.closes && dice.chance(1, in: 6)
    hasRubbish = !swarm.upstreamFaults.isEmpty && answerFraming != .untilClose && dice.chance(1, in: 20)
  }

  var isUnanswered: Bool { if case .unanswered = ending { true } else { false } }

  /// The byte at that place of the request's body.
  func bodyByte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: (number &* 131) &+ (index &* 7) &+ 1) }

  /// The byte at that place of the response's body.
  func answerByte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: (number &* 137) &+ (index &* 11) &+ 2) }

  static let webSocketKey = "dGhlIHNhbXBsZSBub25jZQ=="
  /// RFC 6455 §1.3.
  static let webSocketAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  /// The request's head.
  var head: [UInt8] {
    var lines: String
    switch kind {
    case .get, .webSocket: lines = "GET \(prefix)/\(number) HTTP/1.1\r\n"
    case .head: lines = "HEAD \(prefix)/\(number) HTTP/1.1\r\n"
    case .post: lines = "POST \(prefix)/\(number) HTTP/1.1\r\n"
    case .noToken: lines = "GET \(prefix)/\(number) HTTP/1.1\r\n"
    case .noRoute: lines = "GET /nowhere/\(number) HTTP/1.1\r\n"
    }
    lines += "Host: gate.test\r\nX-Number: \(number)\r\n"
    if kind != .noToken { lines += "Authorization: Bearer \(World.token)\r\n" }
    if kind == .webSocket {
      lines +=
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(Self.webSocketKey)\r\n"
    } else if closes {
      lines += "Connection: close\r\n"
    }
    if expectsContinue { lines += "Expect: 100-continue\r\n" }
    switch framing {
    case .length: lines += "Content-Length: \(bodyCount)\r\n"
    case .chunked: lines += "Transfer-Encoding: chunked\r\n"
    case .none, .untilClose: break
    }
    return Array((lines + "\r\n").utf8)
  }

  /// The request's body in its framing.
  func body(_ dice: inout Dice) -> [UInt8] {
    let payload = (0..<bodyCount).map(bodyByte)
    return framing == .chunked ? Self.chunked(payload, &dice) : payload
  }

  /// The final response of the upstream, whole.
  func answer(_ dice: inout Dice) -> (head: [UInt8], body: [UInt8]) {
    if kind == .webSocket {
      return (
        Array(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Number: \(number)\r\nSec-WebSocket-Accept: \(Self.webSocketAccept)\r\n\r\n"
            .utf8), []
      )
    }
    var lines = "HTTP/1.1 \(status) Whatever\r\nX-Number: \(number)\r\n"
    let isHeadOnly = kind == .head
    switch answerFraming {
    case .none: break
    case .length: lines += "Content-Length: \(answerCount)\r\n"
    case .chunked: lines += "Transfer-Encoding: chunked\r\n"
    case .untilClose: break
    }
    if answerCloses || answerFraming == .untilClose { lines += "Connection: close\r\n" }
    let payload = isHeadOnly ? [] : (0..<answerCount).map(answerByte)
    let body = answerFraming == .chunked && !isHeadOnly ? Self.chunked(payload, &dice) : payload
    return (Array((lines + "\r\n").utf8), body)
  }

  private static func chunked(_ payload: [UInt8], _ dice: inout Dice) -> [UInt8] {
    var coded: [UInt8] = []
    var start = 0
    while start < payload.count {
      let count = dice.number(in: 1...max(1, min(5000, payload.count - start)))
      coded += Array("\(String(count, radix: 16))\r\n".utf8) + payload[start..<start + count] + [13, 10]
      start += count
    }
    return coded + Array("0\r\n\r\n".utf8)
  }
}
