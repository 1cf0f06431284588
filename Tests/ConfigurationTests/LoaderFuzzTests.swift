import Configuration
import JSON
import TestSupport
import Testing

/// Configurations changed at random: the loader never traps, and never leaves somebody without a reason.
///
/// `PORTCULLIS_FUZZ_SECONDS` says for how long; one second unless set. The seed is printed with a failure.
@Suite struct LoaderFuzzTests {
  static let seeds: [String] =
    (BrokenConfiguration.syntax + BrokenConfiguration.auth + BrokenConfiguration.upstreams + BrokenConfiguration.routes
    + BrokenConfiguration.conflicts + BrokenConfiguration.warnings + BrokenConfiguration.accounts
    + BrokenConfiguration.hosted + BrokenConfiguration.health).map(\.file)

  static let pieces = [
    "\"", "{", "}", "[", "]", ",", ":", "//", "/*", "*/", "${A}", "${", "$${", "\\u0000", "\\ud800", "é", "\u{301}",
    "null", "true",
    "-1", "1e400", "9223372036854775807", "\"9223372036854775807GiB\"", "\"99999999999d\"", "\"/\"", "\"/%2f\"",
    "\"unix:\"", "\"[\"",
    "\"*.\"", "\"::\"", "\"a:1\"", "\"path\"", "\"routes\"", "\"headers\"", "\"methods\"", "\"https://\"",
    "\"0.0.0.0/0\"", "\n",
  ]

  @Test func `changed configurations are read or refused with a reason`() {
    let end = Fuzzing.end
    var seed: UInt64 = Fuzzing.seconds > 1 ? .random(in: 0 ... .max) : 1
    repeat {
      for _ in 0..<50 {
        seed &+= 1
        check(seed)
      }
    } while ContinuousClock.now < end
  }

  private func check(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var bytes = Array((Self.seeds.randomElement(using: &random) ?? "").utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let start = Int.random(in: 0...bytes.count, using: &random)
      let end = min(bytes.count, start + Int.random(in: 0...12, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.removeSubrange(start..<end)
      case 1: bytes.insert(contentsOf: (Self.pieces.randomElement(using: &random) ?? "").utf8, at: start)
      case 2: bytes.replaceSubrange(start..<end, with: (Self.pieces.randomElement(using: &random) ?? "").utf8)
      default: if start < bytes.count { bytes[start] = .random(in: 0 ... .max, using: &random) }
      }
    }
    let result = ConfigurationLoader.load(bytes.span, fileName: "g", environment: ["A": "a"])
    #expect((result.configuration == nil) == result.hasErrors, "seed \(seed)")
    let places = result.diagnostics.map(\.location)
    #expect(places == places.sorted(), "seed \(seed)")
    for diagnostic in result.diagnostics {
      #expect(
        diagnostic.location.line >= 1 && diagnostic.location.column >= 1 && !diagnostic.message.isEmpty, "seed \(seed)")
    }
  }
}
