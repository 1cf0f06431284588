import Bytes
import Foundation
import HTTP
import TestSupport
import Testing

/// One decision about a head, written in two forms.
@Suite struct `A head for another version of HTTP` {
  /// Lines of all kinds: some pass, some are spelt in another way than they are written, some are filtered.
  private static let lines = FieldDispositionTests.lines + ["Accept:*/*", "Cookie: a=1; session=x; b=2", "X-Empty:"]

  @Test(arguments: 0..<200) func `of a request holds the same fields`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var rules = CredentialPlaces()
    rules.cookies = [Array("session".utf8)]
    rules.parameters = [Array("access_token".utf8)]
    rules.webSocketProtocols = [Array("bearer".utf8)]
    var edits = FieldEdits()
    _ = edits.set("X-Set", "new")
    let rewrite = Bool.random(using: &random) ? try TargetRewrite(stripping: "/a", adding: "/b") : nil
    let forwarding = ForwardingRules(
      rewrite: rewrite, edits: edits, identityNames: IdentityFieldNames(["X-Auth-User"]), credentials: rules,
      closesConnections: Bool.random(using: &random))
    let peer = Bool.random(using: &random) ? Forwarding.trusted : Forwarding().peer
    let body = ["", "Content-Length: 5", "Transfer-Encoding: chunked"].randomElement(using: &random) ?? ""
    let chosen = Self.lines.filter {
      !$0.hasPrefix("Authorization") && !$0.hasPrefix("Content-Length") && Bool.random(using: &random)
    }
    let wire =
      (["POST /a/x?q=1&access_token=y HTTP/1.1", "Host: a"] + chosen.shuffled(using: &random) + [body])
      .filter { !$0.isEmpty }.joined(separator: "\r\n") + "\r\n\r\n"
    var head = RequestHead()
    try #require(Readings.request(Array(wire.utf8), into: &head).last == "rest 0", "\(wire)")
    var identity = FieldBlock()
    for (name, value) in [("X-Auth-User", "ann"), ("X-Auth-Roles", "")] {
      let isAppended = identity.append(name: name, value: value)
      try #require(isAppended)
    }
    let plan = RequestHeadPlan(requestID: RequestID(high: 0x11, low: 0x22))

    var buffer = ByteBuffer()
    UpstreamRequestWriter.write(
      head, rules: forwarding, identity: identity.run, authority: .localhost, plan: plan, peer: peer, to: &buffer)
    var recorder = RecordingHeadWriter()
    UpstreamRequestWriter.write(
      head, rules: forwarding, identity: identity.run, authority: .localhost, plan: plan, peer: peer, to: &recorder)

    let written = Self.lines(buffer.text)
    let ofTheConnection = written.filter { $0.hasPrefix("Connection:") || $0 == "Transfer-Encoding: chunked" }
    let path = try #require(recorder.pseudo.first { $0.name == ":path" }?.value)
    let method = try #require(recorder.pseudo.first { $0.name == ":method" }?.value)
    #expect(
      recorder.lines(firstLine: "\(method) \(path) HTTP/1.1")
        == written.filter { !ofTheConnection.contains($0) })
    #expect(recorder.hasUnknownLength == (body == "Transfer-Encoding: chunked"))
    #expect(ofTheConnection.contains("Connection: close") == (recorder.use == .closed))
    #expect(recorder.isEnded == true)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nServer:x\r\nKeep-Alive: 1\r\nX-Set: old\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nConnection: X-A\r\nVia: 1.0 a\r\n\r\n",
    "HTTP/1.0 304 Not Modified\r\nContent-Length: 9\r\nAccess-Control-Allow-Origin: *\r\nDate: today\r\n\r\n",
  ])
  func `of a response holds the same fields`(wire: String) throws {
    var edits = FieldEdits()
    _ = edits.set("X-Set", "new")
    let rules = ResponseRules(edits: edits, replacesCORS: true)
    var grant = FieldBlock()
    _ = grant.append(name: "Vary", value: "Origin")
    var head = ResponseHead()
    try #require(Readings.response(Array(wire.utf8), into: &head).last == "rest 0")
    let date = Array("now".utf8)
    let plan = ResponseHeadPlan(clientVersion: .http11, keepsAlive: true)

    var buffer = ByteBuffer()
    let promise = DownstreamResponseWriter.write(
      head, rules: rules, grant: grant, plan: plan, date: date.span, to: &buffer)
    var recorder = RecordingHeadWriter()
    DownstreamResponseWriter.write(
      head, rules: rules, grant: grant, plan: plan, keepsConnection: true, date: date.span, to: &recorder)

    let written = Self.lines(buffer.text)
    let status = try #require(recorder.pseudo.first?.value)
    #expect(written.first?.hasPrefix("HTTP/1.1 \(status) ") == true)
    #expect(
      recorder.lines(firstLine: written.first ?? "") == written.filter { $0 != "Transfer-Encoding: chunked" })
    #expect(recorder.hasUnknownLength == promise.framing.isChunked)
    #expect(recorder.isEnded == true)
  }

  @Test func `of the gateway's own response holds the same fields`() {
    var fields = FieldBlock()
    _ = fields.append(name: "Content-Type", value: "application/json")
    let response = LocalResponse(status: 404, fields: fields, contentLength: 2)
    var buffer = ByteBuffer()
    response.write(version: .http11, keepsAlive: true, date: Array("now".utf8).span, to: &buffer)
    var recorder = RecordingHeadWriter()
    response.write(keepsConnection: true, date: Array("now".utf8).span, to: &recorder)
    #expect(recorder.lines(firstLine: "HTTP/1.1 404 Not Found") == Self.lines(buffer.text))
  }

  private static func lines(_ text: String) -> [String] {
    text.dropLast(2).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
  }
}

/// The layers of the module: no text of HTTP/1.1 outside of the folder that is for it.
@Suite struct `The folders of HTTP` {
  @Test(arguments: ["Semantics", "Forwarding"])
  func `hold no line ends but in HTTP1`(folder: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let place = root.appending(path: "Sources/HTTP/\(folder)")
    let files = try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)
    try #require(!files.isEmpty)
    for file in files {
      let text = try String(contentsOf: file, encoding: .utf8)
      let name = file.lastPathComponent
      #expect(!text.contains("\\r\\n"), "\(name)")
      #expect(!text.contains("ASCII.carriageReturn"), "\(name)")
      #expect(!text.contains("HTTP/1.1\""), "\(name)")
    }
  }
}
