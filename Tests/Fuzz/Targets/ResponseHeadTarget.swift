import Bytes
import HTTP

/// Response heads: however they are cut, the verdict is the same; and what the client gets reads as the same response.
enum ResponseHeadTarget {
  private struct Reading: Equatable {
    var outcome = ResponseHeadParse.needsMore
    var status = 0
    var reason: [UInt8] = []
    var framing = MessageFraming.none
    var contentLength: UInt64?
    var keepsAlive = false
    var fields: [[[UInt8]]] = []
  }

  static func read(_ bytes: [UInt8]) {
    var choices = Choices(from: bytes)
    let method: Method = choices.next() % 4 == 0 ? .head : .get
    var head = ResponseHead()
    let whole = reading(bytes, method, into: &head)
    for _ in 0..<2 {
      var again = ResponseHead()
      let cuts = choices.cuts(bytes.count)
      require(
        reading(bytes, method, cuts: cuts, into: &again) == whole, "a head is the same however it is cut", "\(cuts)")
    }
    guard case .complete(let count) = whole.outcome else { return }
    require(count <= bytes.count, "a head ends inside of the bytes")
    require((100...599).contains(whole.status), "a status has a meaning")
    checkFraming(whole, method)
    checkRelayed(head, whole, method, &choices)
  }

  private static func reading(
    _ bytes: [UInt8], _ method: Method, cuts: [Int]? = nil, limits: HeadLimits = .response,
    into head: inout ResponseHead
  ) -> Reading {
    var parser = ResponseHeadParser(limits: limits)
    var reading = Reading()
    for end in cuts ?? [bytes.count] {
      let piece = Array(bytes[..<end])
      reading.outcome = parser.parse(piece.span, requestMethod: method, into: &head)
      if reading.outcome != .needsMore { break }
    }
    guard case .complete = reading.outcome else { return reading }
    reading.status = head.status
    reading.reason = head.reason.array
    reading.framing = parser.framing
    reading.contentLength = head.contentLength
    reading.keepsAlive = parser.keepsConnection
    reading.fields = head.fields.texts
    return reading
  }

  private static func checkFraming(_ reading: Reading, _ method: Method) {
    let names = reading.fields.map { $0[0].map(ASCII.lowercased) }
    // A length may be said several times, if it is the same each time.
    let lengths = names.filter { $0 == Array("content-length".utf8) }
    let codings = names.filter { $0 == Array("transfer-encoding".utf8) }
    require(codings.count <= 1 && (lengths.isEmpty || codings.isEmpty), "one field at most says where the body ends")
    let isWithoutBody = method == .head || reading.status < 200 || reading.status == 204 || reading.status == 304
    require(isWithoutBody == (reading.framing == .none), "a body is where RFC 9112 §6.3 says")
    if reading.framing == .untilClose {
      require(!reading.keepsAlive && lengths.isEmpty && codings.isEmpty, "its end is the connection's")
    }
  }

  private static func checkRelayed(
    _ head: borrowing ResponseHead, _ reading: Reading, _ method: Method, _ choices: inout Choices
  ) {
    var edits = FieldEdits()
    if choices.coin() { _ = edits.set("X-Set", "by the gateway") }
    let version: Version = choices.coin() ? .http11 : .http10
    let rules = ResponseRules(edits: edits, replacesCORS: choices.coin())
    let plan = ResponseHeadPlan(
      clientVersion: version, keepsAlive: choices.coin())
    let date = Array("Tue, 03 Mar 2026 10:00:00 GMT".utf8)
    var buffer = ByteBuffer()
    if head.isInterim {
      DownstreamResponseWriter.writeInterim(head, rules: rules, to: &buffer)
    } else {
      let promise = DownstreamResponseWriter.write(
        head, rules: rules, grant: FieldBlock(), plan: plan, date: date.span, to: &buffer)
      let output = buffer.readable.array
      var again = ResponseHead()
      let relayed = self.reading(output, method, limits: RequestHeadTarget.wide, into: &again)
      let comment = shown(output)
      require(relayed.framing == promise.framing, "the client is told how the body ends", comment)
      require(
        relayed.contentLength == (reading.status < 200 || reading.status == 204 ? nil : reading.contentLength),
        "the length is kept", comment)
      if promise.framing == .untilClose { require(!promise.keepsAlive, "its end is the connection's", comment) }
      if version == .http11 {
        require(relayed.keepsAlive == promise.keepsAlive, "the client is told whether to stay", comment)
      }
    }
    let output = buffer.readable.array
    var again = ResponseHead()
    let relayed = self.reading(output, method, limits: RequestHeadTarget.wide, into: &again)
    require(relayed.outcome == .complete(byteCount: output.count), "what is relayed is one head", shown(output))
    require(relayed.status == reading.status, "the status is kept", shown(output))
    let cookies = Array("set-cookie".utf8)
    let before = reading.fields.filter { $0[0].map(ASCII.lowercased) == cookies }
    require(
      relayed.fields.filter { $0[0].map(ASCII.lowercased) == cookies } == before, "cookies are kept", shown(output))
  }
}
