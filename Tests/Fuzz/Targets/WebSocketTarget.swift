import Bytes
import HTTP

/// The bytes of an upgraded connection, and the answer that upgrades it.
enum WebSocketTarget {
  static func read(_ bytes: [UInt8]) {
    var choices = Choices(from: bytes)
    var whole = WebSocketFrames()
    whole.follow(bytes.span)
    var pieces = WebSocketFrames()
    var start = 0
    for end in choices.cuts(bytes.count) {
      pieces.follow(Array(bytes[start..<end]).span)
      start = end
    }
    require(whole.takesFrame == pieces.takesFrame && whole.hasClosed == pieces.hasClosed, "cuts mean nothing")
    let plain = follow(bytes)
    require(whole.takesFrame == plain.takesFrame && whole.hasClosed == plain.hasClosed, "frames end where they say")
    checkClose(&choices)
    checkAnswer(bytes)
  }

  /// The same in the plainest way: whether a frame could follow, and whether one was a Close.
  private static func follow(_ bytes: [UInt8]) -> (takesFrame: Bool, hasClosed: Bool) {
    var rest = bytes[...]
    var hasClosed = false
    while let first = rest.popFirst() {
      if first & 15 == 8 { hasClosed = true }
      guard let second = rest.popFirst() else { return (false, hasClosed) }
      var length = UInt64(second & 127)
      let more = length == 126 ? 2 : length == 127 ? 8 : 0
      guard rest.count >= more else { return (false, hasClosed) }
      if more > 0 { length = rest.prefix(more).reduce(0) { $0 << 8 | UInt64($1) } }
      rest = rest.dropFirst(more)
      let mask: UInt64 = second & 128 == 0 ? 0 : 4
      guard length <= UInt64(Int64.max), UInt64(rest.count) >= length + mask else { return (false, hasClosed) }
      rest = rest.dropFirst(Int(length + mask))
    }
    return (!hasClosed, hasClosed)
  }

  private static func checkClose(_ choices: inout Choices) {
    var buffer = ByteBuffer()
    let mask: UInt32? = choices.coin() ? UInt32(truncatingIfNeeded: choices.next()) : nil
    WebSocketFrames.appendClose(1008, "the token has expired", mask: mask, to: &buffer)
    var frames = WebSocketFrames()
    frames.follow(buffer.readable)
    require(frames.hasClosed && !frames.takesFrame, "a Close is one frame, and the last")
    frames = WebSocketFrames()
    frames.follow(buffer.readable.extracting(0..<(buffer.count - 1)))
    require(!frames.takesFrame, "a Close has no byte too many")
  }

  /// The bytes as the fields of a 101.
  private static func checkAnswer(_ bytes: [UInt8]) {
    var request = RequestHead()
    let handshake = """
      GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat, superchat\r
      Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n
      """
    let reading = RequestReading(Array(handshake.utf8), into: &request)
    require(reading.flags.count == 5 && reading.flags[2], "a handshake is one", "\(reading.outcome)")
    var response = ResponseHead()
    var parser = ResponseHeadParser()
    let text = Array("HTTP/1.1 101 Switching Protocols\r\n".utf8) + bytes + Array("\r\n\r\n".utf8)
    guard case .complete = parser.parse(text.span, requestMethod: .get, into: &response) else { return }
    let accept = Array("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".utf8)
    if WebSocketAnswer.flaw(of: response, to: request, accept: accept.span) == nil {
      require(bytes.contains(accept), "only who understood the handshake upgrades", shown(bytes))
    }
  }
}
