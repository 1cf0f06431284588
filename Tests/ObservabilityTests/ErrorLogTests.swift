import Configuration
import Testing

@testable import Observability

@Suite struct `The gateway's own messages` {
  /// The lines without their time, which must stand there.
  func texts(_ level: LogLevel, _ write: (ErrorLog) -> Void) throws -> [String] {
    let reading = try LogReading()
    write(ErrorLog(sink: reading.sink, level: level))
    return try reading.lines().map { line in
      let parts = line.split(separator: " ", maxSplits: 1)
      #expect(parts[0].wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil, "\(line)")
      return String(parts[1])
    }
  }

  @Test(
    arguments: [
      (.debug, ["debug: d", "info: i", "warning: w", "error: e"]), (.info, ["info: i", "warning: w", "error: e"]),
      (.warning, ["warning: w", "error: e"]), (.error, ["error: e"]),
    ] as [(LogLevel, [String])]) func `are written from a severity on`(level: LogLevel, lines: [String]) throws
  {
    let written = try texts(level) { log in
      log.debug("d")
      log.info("i")
      log.warning("w")
      log.error("e")
    }
    #expect(written == lines)
  }

  @Test func `cost nothing below that`() throws {
    _ = try texts(.error) { log in
      log.info(
        { () -> String in
          Issue.record("the text was made")
          return ""
        }())
    }
  }

  @Test(arguments: [
    ("a\nb", #"a\u{a}b"#), ("\u{1B}[31mred", #"\u{1b}[31mred"#), ("\u{85}\u{2028}", #"\u{85}\u{2028}"#),
    ("Zoë 🚪 stays", "Zoë 🚪 stays"), ("a eyJhbGciOiJub25lIn0.e30. b", "a [redacted] b"),
  ]) func `stand on one line, without tokens and control characters`(text: String, line: String) throws {
    #expect(try texts(.info) { $0.info(text) } == ["info: " + line])
  }

  @Test func `about a configuration begin with its place`() throws {
    let text =
      #"{ "listen": ["127.0.0.1:0"], "wokers": 1, "routes": [{ "path": "/", "auth": "none", "respond": { "status": 200 } }] }"#
    let diagnostics = ConfigurationLoader.load(text.utf8Span.span, fileName: "g.json", environment: [:]).diagnostics
    let written = try texts(.error) { log in
      for diagnostic in diagnostics { log.note(diagnostic) }
    }
    #expect(written == diagnostics.map(\.description))
    #expect(written.first?.hasPrefix("g.json:1:30: error: unknown key 'wokers'") == true)
  }

  @Test func `go where they are sent from then on`() throws {
    let (first, second) = (try LogReading(), try LogReading())
    let log = ErrorLog(sink: first.sink, level: .info)
    log.info("one")
    log.change(sink: second.sink, level: .error)
    log.info("two")
    log.error("three")
    log.change(sink: nil, level: .debug)
    log.error("four")
    #expect(try first.lines().map { $0.suffix(9) } == ["info: one"])
    #expect(try second.lines().map { $0.suffix(12) } == ["error: three"])
  }
}
