import Bytes
import HTTP
import Testing

@Suite struct `The limits of a request head` {
  private func request(target: String = "/", fields: [String] = []) -> [UInt8] {
    Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields.map { $0 + "\r\n" }.joined())\r\n".utf8)
  }

  @Test func `a target of 8 KiB is taken, and one octet more is too long`() {
    let target = "/" + String(repeating: "a", count: 8 * 1024 - 1)
    #expect(Readings.request(request(target: target)).contains("path \(target)"))
    #expect(Readings.request(request(target: target + "a")) == ["rejected 414 target_too_long"])
  }

  @Test func `a target is too long before it ends`() {
    let bytes = Array(request(target: "/" + String(repeating: "a", count: 9000)).prefix(8 * 1024 + 5))
    for cut in [Cut.whole, .everywhere] {
      #expect(Readings.request(bytes, cut: cut) == ["rejected 414 target_too_long"])
    }
  }

  @Test func `a hundred fields are taken, and one more is too many`() {
    let fields = (0..<99).map { "X-\($0): y" }
    #expect(Readings.request(request(fields: fields)).contains("field X-98: y"))
    #expect(Readings.request(request(fields: fields + ["Z: y"])) == ["rejected 431 too_many_fields"])
  }

  @Test func `a head of 32 KiB is taken, and one octet more is too large`() {
    let space = 32 * 1024 - request(fields: ["X: "]).count
    let full = request(fields: ["X: " + String(repeating: "a", count: space)])
    #expect(full.count == 32 * 1024)
    #expect(Readings.request(full).contains("path /"))
    let larger = request(fields: ["X: " + String(repeating: "a", count: space + 1)])
    #expect(Readings.request(larger) == ["rejected 431 head_too_large"])
  }

  @Test func `a head is too large before it ends`() {
    let bytes = request(fields: ["X: " + String(repeating: "a", count: 40_000)])
    for count in [32 * 1024 - 1, 32 * 1024, 33_000] {
      let expected = count < 32 * 1024 ? "needs more" : "rejected 431 head_too_large"
      #expect(Readings.request(Array(bytes.prefix(count))) == [expected])
    }
  }

  @Test func `what comes behind a limit is not looked at`() {
    let limits = HeadLimits(headBytes: 40, targetBytes: 8, fieldCount: 2)
    let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: 0123456789abcdef\u{0}".utf8)
    for cut in [Cut.whole, .everywhere] {
      #expect(Readings.request(bytes, cut: cut, limits: limits) == ["rejected 431 head_too_large"])
    }
  }

  @Test func `Connection names at most 32 options`() {
    let options = (0..<32).map { "x\($0)" }.joined(separator: ",")
    #expect(Readings.request(request(fields: ["Connection: \(options)"])).contains("path /"))
    let more = Readings.request(request(fields: ["Connection: \(options)", "Connection: y"]))
    #expect(more == ["rejected 431 too_many_fields"])
  }

  @Test func `octets that come one by one are judged once each`() {
    let bytes = request(fields: ["X: " + String(repeating: "a", count: 32_000)])
    let time = ContinuousClock().measure {
      #expect(Readings.request(bytes, cut: .everywhere).count > 1)
    }
    #expect(time < .seconds(2))
  }
}

@Suite struct `A request head` {
  @Test func `outlives the bytes that it was read from, and serves the next request`() {
    var head = RequestHead()
    var parser = RequestHeadParser()
    var buffer = ByteBuffer()
    buffer.append("GET /one?a HTTP/1.1\r\nHost: First.example:81\r\nX-One: 1\r\nX-Two: 2\r\n\r\n")
    let whole = buffer.count
    #expect(parser.parse(buffer.readable, into: &head) == .complete(byteCount: whole))
    buffer.removeAll()
    buffer.append("OPTIONS /other HTTP/1.0\r\nX: 3\r\n\r\n")
    #expect(head.rawTarget.text == "/one?a")
    #expect(head.authority.text == "First.example:81")
    #expect(head.host.text == "first.example")
    #expect(head.fields.value(at: 2).text == "2")

    #expect(parser.parse(buffer.readable, into: &head) == .complete(byteCount: buffer.count))
    let reading = Readings.texts(head, keepsAlive: parser.keepsConnection)
    #expect(
      reading == [
        "method OPTIONS", "version 1.0", "form origin", "path /other", "query none", "host ", "port none",
        "framing none",
        "keeps-alive no", "expects-continue no", "websocket no", "encoded-slash no", "field X: 3",
      ])
  }

  @Test func `begins with its first octet, not with the empty line before it`() {
    var head = RequestHead()
    var parser = RequestHeadParser()
    let bytes = Array("\r\nGET".utf8)
    #expect(parser.hasBegun == false)
    for count in 0...2 {
      #expect(parser.parse(bytes.span.extracting(0..<count), into: &head) == .needsMore)
      #expect(parser.hasBegun == false)
    }
    #expect(parser.parse(bytes.span, into: &head) == .needsMore)
    #expect(parser.hasBegun == true)
    parser.reset()
    #expect(parser.hasBegun == false)
  }

  @Test func `finds fields by what they are and by their names`() throws {
    var head = RequestHead()
    _ = Readings.request(
      Array("GET / HTTP/1.1\r\nHost: a\r\nCookie: x\r\nX-A: 1\r\ncookie: y\r\nx-a: 2\r\n\r\n".utf8), into: &head)
    #expect(head.fields.count == 5)
    #expect(head.fields.first(.cookie) == 1)
    #expect(head.fields.next(.cookie, from: 2) == 3)
    #expect(head.fields.first(.origin) == nil)
    #expect(try head.fields.single(.host) == 0)
    #expect(try head.fields.single(.origin) == nil)
    #expect(head.fields.present.contains(.cookie))
    #expect(head.fields.repeated.contains(.cookie))
    let name = Array("X-a".utf8)
    #expect(head.fields.first(named: name.span) == 2)
    #expect(head.fields.first(named: name.span, from: 3) == 4)
    var error: RepeatedField?
    do throws(RepeatedField) { _ = try head.fields.single(.cookie) } catch let repeated { error = repeated }
    #expect(error?.field == .cookie)
  }

  @Test(arguments: [
    ("malformed_request_line", 400), ("target_too_long", 414), ("unsupported_version", 505), ("head_too_large", 431),
  ])
  func `is refused with one word and one status`(_ reason: String, _ status: Int) {
    let rejections: [HeadRejection] = [.malformedRequestLine, .targetTooLong, .unsupportedVersion, .headTooLarge]
    #expect(rejections.contains { "\($0.reason)" == reason && $0.status == status && !"\($0.message)".isEmpty })
  }

  @Test(arguments: ["FOO\r\n", "GET / HTTP/3.0\r\n\r\n", "\rX", "GET /", "\r"])
  func `owes nothing to the head before it when its line can't be read`(_ text: String) {
    var head = RequestHead()
    _ = Readings.request(Array("HEAD / HTTP/1.0\r\n\r\n".utf8), into: &head)
    #expect(head.method == .head && head.version == .http10)
    _ = Readings.request(Array(text.utf8), into: &head)
    #expect(head.method == .get && head.version == .http11)
  }
}
