import Bytes
import HTTP

/// Request heads: however they are cut, the verdict is the same; and what is written upstream reads as the same request.
enum RequestHeadTarget {
  /// Room for what the gateway adds.
  static let wide = HeadLimits(headBytes: 256 * 1024, targetBytes: 64 * 1024, fieldCount: 400)
  private static let identityNames = IdentityFieldNames(["X-Auth-User"])

  static func read(_ bytes: [UInt8]) {
    var choices = Choices(from: bytes)
    var head = RequestHead()
    let whole = RequestReading(bytes, into: &head)
    for _ in 0..<2 {
      let cuts = choices.cuts(bytes.count)
      let again = RequestReading(bytes, cuts: cuts)
      require(again == whole, "a head is the same however it is cut", "\(cuts)\n\(whole)\n\(again)")
    }
    // A head that is reused for another request keeps nothing of the one before.
    var used = RequestHead()
    _ = RequestReading(Array("GET /a;b HTTP/1.0\r\nHost: X.y:81\r\nExpect: 100-continue\r\n\r\n".utf8), into: &used)
    require(RequestReading(bytes, into: &used) == whole, "a head keeps nothing of the one before")
    guard case .complete(let count) = whole.outcome else { return }
    require(count <= bytes.count, "a head ends inside of the bytes")
    checkFraming(whole)
    for _ in 0..<2 { checkForwarded(head, whole, &choices) }
  }

  /// The bytes as the target of a request.
  static func readTarget(_ bytes: [UInt8]) {
    for method in ["GET", "OPTIONS"] {
      read(Array("\(method) ".utf8) + bytes + Array(" HTTP/1.1\r\nHost: example.com\r\n\r\n".utf8))
    }
  }

  /// The one thing that must never be ambiguous, found anew in the most pedestrian way.
  private static func checkFraming(_ reading: RequestReading) {
    func values(_ name: String) -> [[UInt8]] {
      reading.fields.filter { $0[0].map(ASCII.lowercased) == Array(name.utf8) }.map { $0[1] }
    }
    let lengths = values("content-length")
    let codings = values("transfer-encoding")
    require(lengths.count + codings.count <= 1, "one field at most says where the body ends")
    switch reading.body {
    case .none: require(lengths.isEmpty && codings.isEmpty, "a body that is announced is read")
    case .exact(let length):
      require(
        lengths == [Array("\(length)".utf8)] || UInt64(lengths.first.map { $0.span.text } ?? "") == length,
        "a length is what it says")
      require(lengths.first?.allSatisfy(ASCII.isDigit) == true, "a length has digits only")
    case .untilEnd:
      require(
        codings.map { $0.map(ASCII.lowercased) } == [Array("chunked".utf8)], "a coding is chunked and nothing else")
    }
    require(values("host").count <= 1 && values("authorization").count <= 1, "Host and Authorization stand once")
  }

  private static func checkForwarded(
    _ head: borrowing RequestHead, _ reading: RequestReading, _ choices: inout Choices
  ) {
    let way = Way(&choices)
    let plan = RequestHeadPlan(
      requestID: RequestID(high: 1, low: 2),
      forwardsWebSocket: way.forwardsWebSocket)
    let (rules, identity) = (way.rules(identityNames), way.identity)
    if let rewrite = rules.rewrite, !rewrite.isSafe(for: head.target) { return }
    var buffer = ByteBuffer()
    UpstreamRequestWriter.write(
      head, rules: rules, identity: identity.run, authority: .localhost, plan: plan, peer: way.peer, to: &buffer)
    let output = buffer.readable.array
    let again = RequestReading(output, limits: wide)
    let comment = "\(way)\n\(shown(output))"
    require(again.outcome == .complete(byteCount: output.count), "what is forwarded is one head", comment)
    require(again.version == .http11, "what is forwarded is HTTP/1.1", comment)
    require(again.method == reading.method, "the method is kept", comment)
    require(again.body == reading.body, "the framing is kept", comment)
    require(again.flags[1] == reading.flags[1], "an expectation is kept", comment)
    require(again.flags[2] == (reading.flags[2] && way.forwardsWebSocket), "only a handshake upgrades", comment)
    if way.rewrite == nil { require(again.path == reading.path, "the path is the one that was judged", comment) }
    if !way.removesCredentials { require(again.query == reading.query, "the query is kept", comment) }
    let host = way.keepsHost && !reading.authority.isEmpty ? reading.authority : Array("localhost".utf8)
    require(again.authority == host, "the host is the one that was judged", comment)
    way.checkFields(again.fields, of: reading.fields, comment)
  }
}
