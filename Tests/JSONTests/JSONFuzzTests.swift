import Bytes
import JSON
import TestSupport
import Testing

/// Texts changed at random: the readers never trap, agree with each other, and what they read is written so that it reads the same.
///
/// `PORTCULLIS_FUZZ_SECONDS` says for how long; one second unless set. The seed is in a failure's message.
@Suite struct JSONFuzzTests {
  static let pieces = [
    "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "\\u0000", "0", "-", "1", ".", "e", "E+",
    "99999999999", "1e308",
    "true", "null", "fals", " ", "\n", "\t", "é", "😀", "\u{7F}", "//", "/*", "*/", "\"a\":1", "\"aud\"", "[[[[[[[[",
    "{\"a\":{\"a\":",
  ]
  static let seeds = JSONReaderTests.taken.map(\.0) + JSONReaderTests.refused.map(\.0) + [JSONSpeedTests.claims]

  @Test func `changed texts are read or refused at a place inside`() {
    let end = Fuzzing.end
    var seed: UInt64 = Fuzzing.seconds > 1 ? .random(in: 0 ... .max) : 1
    repeat {
      for _ in 0..<200 {
        seed &+= 1
        check(seed)
      }
    } while ContinuousClock.now < end
  }

  private func check(_ seed: UInt64) {
    let bytes = text(seed)
    do throws(JSONError) {
      let value = try JSONReader.parse(bytes.span)
      var buffer = ByteBuffer()
      buffer.appendJSON(value)
      let again = try JSONReader.parse(buffer.readable)
      #expect(again == value, "seed \(seed)")
      let document = try JSONReader.parseDocument(bytes.span)
      #expect(document.root.value == value && document.duplicates.isEmpty, "seed \(seed)")
    } catch {
      #expect(0...bytes.count ~= error.offset, "seed \(seed)")
      #expect(error.location.line >= 1 && error.location.column >= 1 && !error.message.isEmpty, "seed \(seed)")
    }
    _ = try? JSONReader.parseDocument(bytes.span)
  }

  private func text(_ seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    var bytes = Array((Self.seeds.randomElement(using: &random) ?? "").utf8)
    for _ in 0..<Int.random(in: 0...5, using: &random) {
      let start = Int.random(in: 0...bytes.count, using: &random)
      let end = min(bytes.count, start + Int.random(in: 0...4, using: &random))
      let piece = Array((Self.pieces.randomElement(using: &random) ?? "").utf8)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.removeSubrange(start..<end)
      case 1: bytes.insert(contentsOf: piece, at: start)
      case 2: bytes.replaceSubrange(start..<end, with: piece)
      default: if start < bytes.count { bytes[start] = .random(in: 0 ... .max, using: &random) }
      }
    }
    return bytes
  }
}
