import Bytes
import HTTP
import Testing

/// The response that a client gets for an upstream's.
struct Relaying {
  var rules = ResponseRules()
  var grant: [(String, String)] = []
  var version = Version.http11
  var keepsAlive = true
  var method = Method.get
  var forwardsWebSocket = false
  var webSocketProtocol: String?
  var transportSecurity: String?

  static func security(_ value: String?) -> FieldBlock? {
    guard let value else { return nil }
    var block = FieldBlock()
    return block.append(name: "Strict-Transport-Security", value: value) ? block : nil
  }

  func write(_ fields: [String], line: String = "HTTP/1.1 200 OK") throws -> (
    [String], DownstreamResponseWriter.Promise
  ) {
    let wire = ([line] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
    var head = ResponseHead()
    let reading = Readings.response(Array(wire.utf8), to: method, into: &head)
    try #require(reading.last == "rest 0", "\(reading)")
    var block = FieldBlock()
    for (name, value) in grant {
      let isAppended = block.append(name: name, value: value)
      try #require(isAppended)
    }
    let plan = ResponseHeadPlan(
      clientVersion: version, keepsAlive: keepsAlive, forwardsWebSocket: forwardsWebSocket,
      webSocketProtocol: webSocketProtocol.map { Array($0.utf8) }, transportSecurity: Self.security(transportSecurity))
    var buffer = ByteBuffer()
    let date = Array(CalendarTime(unixSeconds: 0).imfFixdate.utf8)
    let promise = DownstreamResponseWriter.write(
      head, rules: rules, grant: block, plan: plan, date: date.span, to: &buffer)
    return (String(buffer.text.dropLast(2)).split(separator: "\r\n").map(String.init), promise)
  }

  func lines(_ fields: [String], line: String = "HTTP/1.1 200 OK") throws -> [String] {
    try write(fields, line: line).0
  }
}

@Suite struct `The response that a client gets` {
  private let date = "Date: Thu, 01 Jan 1970 00:00:00 GMT"

  @Test func `is written anew in whole`() throws {
    let lines = try Relaying().lines([
      "Server: x", "Content-Length: 05", "Connection: keep-alive, X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5",
      "Set-Cookie:a=1", "Set-Cookie: b=2", "Proxy-Authenticate: Basic", "Upgrade: h2c", "Trailer: X",
    ])
    #expect(
      lines == [
        "HTTP/1.1 200 OK", "Server: x", "Set-Cookie: a=1", "Set-Cookie: b=2", date, "Via: 1.1 portcullis",
        "Content-Length: 5",
      ])
  }

  @Test(arguments: [
    (nil, ["X: y"], []), ("bearer", ["X: y"], ["Sec-WebSocket-Protocol: bearer"]),
    ("bearer", ["Sec-WebSocket-Protocol: chat"], ["Sec-WebSocket-Protocol: chat"]),
    (nil, ["Sec-WebSocket-Protocol: chat"], ["Sec-WebSocket-Protocol: chat"]),
  ])
  func `selects a protocol for a WebSocket whose upstream selects none`(
    ours: String?, fields: [String], selected: [String]
  ) throws {
    let relaying = Relaying(forwardsWebSocket: true, webSocketProtocol: ours)
    let upgrade = ["Connection: Upgrade", "Upgrade: websocket"]
    let lines = try relaying.lines(upgrade + fields, line: "HTTP/1.1 101 Switching Protocols")
    #expect(lines.filter { $0.hasPrefix("Sec-WebSocket-Protocol") } == selected)
    let refused = try relaying.lines(["Content-Length: 0"], line: "HTTP/1.1 403 Forbidden")
    #expect(!refused.contains { $0.hasPrefix("Sec-WebSocket-Protocol") })
  }

  @Test func `keeps the upstream's date`() throws {
    let lines = try Relaying().lines(["Date: Tue, 15 Nov 1994 08:12:31 GMT", "Content-Length: 0"])
    #expect(lines.filter { $0.hasPrefix("Date") } == ["Date: Tue, 15 Nov 1994 08:12:31 GMT"])
  }

  @Test func `has words behind its status though the upstream said none`() throws {
    #expect(try Relaying().lines([], line: "HTTP/1.1 404").first == "HTTP/1.1 404 Not Found")
    #expect(try Relaying().lines([], line: "HTTP/1.1 404 Gone fishing").first == "HTTP/1.1 404 Gone fishing")
    #expect(try Relaying().lines([], line: "HTTP/1.0 599 ").first == "HTTP/1.1 599 ")
  }

  @Test(arguments: [
    (Version.http11, "Content-Length: 5", MessageFraming.length(5), true, ["Content-Length: 5"]),
    (.http11, "Transfer-Encoding: chunked", .chunked, true, ["Transfer-Encoding: chunked"]),
    (.http11, "X: y", .chunked, true, ["X: y", "Transfer-Encoding: chunked"]),
    (.http10, "Content-Length: 5", .length(5), true, ["Connection: keep-alive", "Content-Length: 5"]),
    (.http10, "Transfer-Encoding: chunked", .untilClose, false, ["Connection: close"]),
    (.http10, "X: y", .untilClose, false, ["X: y", "Connection: close"]),
  ])
  func `is framed as its client can read it`(
    _ version: Version, _ field: String, _ framing: MessageFraming, _ keepsAlive: Bool, _ expected: [String]
  ) throws {
    let (lines, promise) = try Relaying(version: version).write([field])
    #expect(promise.framing == framing)
    #expect(promise.keepsAlive == keepsAlive)
    #expect(lines.filter { !$0.hasPrefix("HTTP") && !$0.hasPrefix("Date") && !$0.hasPrefix("Via") } == expected)
  }

  @Test func `says that the connection closes`() throws {
    let (lines, promise) = try Relaying(keepsAlive: false).write(["Content-Length: 0"])
    #expect(lines.contains("Connection: close"))
    #expect(!promise.keepsAlive)
  }

  @Test func `says to HEAD and with 304 how long the body would be`() throws {
    #expect(try Relaying(method: .head).lines(["Content-Length: 9"]).contains("Content-Length: 9"))
    #expect(try Relaying().lines(["Content-Length: 9"], line: "HTTP/1.1 304 x").contains("Content-Length: 9"))
    let (lines, promise) = try Relaying().write(["Content-Length: 9"], line: "HTTP/1.1 204 x")
    #expect(!lines.contains("Content-Length: 9"))
    #expect(promise.framing == .none)
  }

  @Test func `grants browsers what the gateway grants, not what the upstream would`() throws {
    let relaying = Relaying(
      rules: ResponseRules(replacesCORS: true),
      grant: [("Access-Control-Allow-Origin", "https://app.example"), ("Vary", "Origin")])
    let lines = try relaying.lines(
      ["Access-Control-Allow-Origin: *", "access-control-max-age: 9", "Vary: Accept", "Content-Length: 0"])
    #expect(
      lines.filter { $0.lowercased().hasPrefix("access") } == ["Access-Control-Allow-Origin: https://app.example"])
    #expect(lines.filter { $0.hasPrefix("Vary") } == ["Vary: Accept", "Vary: Origin"])
    #expect(try Relaying().lines(["Access-Control-Allow-Origin: *"]).contains("Access-Control-Allow-Origin: *"))
  }

  @Test func `holds what a route sets, adds and removes`() throws {
    var edits = FieldEdits()
    edits.remove("Server")
    let isDone = [edits.set("X-Set", "new"), edits.add("X-Added", "more")]
    #expect(isDone == [true, true])
    let lines = try Relaying(rules: ResponseRules(edits: edits)).lines(
      ["server: x", "x-set: old", "X-Added: first", "Content-Length: 0"])
    #expect(
      lines == [
        "HTTP/1.1 200 OK", "X-Added: first", date, "Via: 1.1 portcullis", "X-Set: new", "X-Added: more",
        "Content-Length: 0",
      ])
  }

  @Test(
    arguments: [
      (nil, [], []), (nil, ["strict-transport-security: max-age=1"], ["strict-transport-security: max-age=1"]),
      ("max-age=9", [], ["Strict-Transport-Security: max-age=9"]),
      ("max-age=9", ["Strict-Transport-Security: max-age=1"], ["Strict-Transport-Security: max-age=9"]),
      (
        "max-age=9", ["STRICT-TRANSPORT-SECURITY: max-age=1", "strict-transport-security:max-age=2"],
        ["Strict-Transport-Security: max-age=9"]
      ),
    ] as [(String?, [String], [String])])
  func `has the listener's Strict-Transport-Security in place of the upstream's`(
    own: String?, sent: [String], expected: [String]
  ) throws {
    var relaying = Relaying()
    relaying.transportSecurity = own
    for (line, more) in [("HTTP/1.1 200 OK", ["Server: x"]), ("HTTP/1.1 500 Oops", ["Connection: x-hop", "X-Hop: 1"])] {
      let lines = try relaying.lines(sent + more, line: line)
      #expect(lines.filter { $0.lowercased().hasPrefix("strict-") } == expected)
    }
  }

  @Test func `has a route's own Strict-Transport-Security rather than the listener's`() throws {
    var edits = FieldEdits()
    let isSet = edits.set("Strict-Transport-Security", "max-age=5")
    try #require(isSet)
    var relaying = Relaying(rules: ResponseRules(edits: edits))
    relaying.transportSecurity = "max-age=9"
    let lines = try relaying.lines(["Strict-Transport-Security: max-age=1"])
    #expect(lines.filter { $0.lowercased().hasPrefix("strict-") } == ["Strict-Transport-Security: max-age=5"])
  }

  @Test(
    arguments: [
      ([], "max-age=9"), (["X-A"], "max-age=9"), (["X-A", "strict-transport-security"], "1"),
    ] as [([String], String)]) func `of the gateway's own making has one Strict-Transport-Security`(
      names: [String], value: String
    ) throws
  {
    var fields = FieldBlock()
    for name in names {
      let isAppended = fields.append(name: name, value: "1")
      try #require(isAppended)
    }
    let response = LocalResponse(status: 404, fields: fields, contentLength: 0)
    var buffer = ByteBuffer()
    response.write(
      version: .http11, keepsAlive: true, date: Span(), transportSecurity: Relaying.security("max-age=9"), to: &buffer)
    let found = buffer.text.split(separator: "\r\n").filter { $0.lowercased().hasPrefix("strict-") }
    #expect(found.map { $0.split(separator: " ").last.map(String.init) } == [value])
  }

  @Test func `may be an interim one, without a length`() throws {
    var head = ResponseHead()
    _ = Readings.response(Array("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n\r\n".utf8), into: &head)
    #expect(head.isInterim == true)
    var buffer = ByteBuffer()
    DownstreamResponseWriter.writeInterim(head, rules: ResponseRules(), to: &buffer)
    #expect(buffer.text == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
  }

  @Test func `may be the gateway's own`() {
    var fields = FieldBlock()
    let isAppended = fields.append(name: "Content-Type", value: "application/json")
    #expect(isAppended)
    var buffer = ByteBuffer()
    let moment = Array(CalendarTime(unixSeconds: 0).imfFixdate.utf8)
    LocalResponse(status: 404, fields: fields, contentLength: 2).write(
      version: .http11, keepsAlive: true, date: moment.span, to: &buffer)
    #expect(
      buffer.text
        == "HTTP/1.1 404 Not Found\r\n\(date)\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n")
    buffer.removeAll()
    LocalResponse(status: 204, contentLength: nil).write(
      version: .http10, keepsAlive: false, date: moment.span, to: &buffer)
    #expect(buffer.text == "HTTP/1.1 204 No Content\r\n\(date)\r\nConnection: close\r\n\r\n")
  }
}
