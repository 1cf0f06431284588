import Bytes
import JSON
import TestSupport
import Testing

/// JSON as the gateway writes it.
@Suite struct JSONWriterTests {
  func written(_ bytes: [UInt8]) -> String {
    var buffer = ByteBuffer(capacity: 16)
    buffer.appendJSON(string: bytes.span)
    return buffer.text
  }

  static let escapes: [(String, String)] = [
    ("", ""), ("plain text of some length", "plain text of some length"), ("\"", "\\\""), ("\\", "\\\\"), ("/", "/"),
    ("\u{8}\u{9}\u{A}\u{C}\u{D}", "\\b\\t\\n\\f\\r"), ("\u{0}\u{1}\u{1F} ", "\\u0000\\u0001\\u001f "),
    ("\u{7F}", "\\u007f"),
    ("\u{80}\u{9B}\u{9F}\u{A0}", "\\u0080\\u009b\\u009f\u{A0}"), ("é€😀\u{10FFFF}", "é€😀\u{10FFFF}"),
    ("1234567\"", "1234567\\\""),
    ("12345678\"", "12345678\\\""), ("~\u{7F}~", "~\\u007f~"), ("a\nb\"c", "a\\nb\\\"c"),
  ]

  @Test(arguments: escapes) func `a string is escaped where it must be`(text: String, escaped: String) {
    #expect(written(Array(text.utf8)) == "\"\(escaped)\"")
  }

  @Test func `every character is escaped alike wherever it stands in a run`() {
    for byte in UInt8(0)...0x7F {
      let alone = String(written([byte]).dropFirst().dropLast())
      for offset in 0..<17 {
        let before = [UInt8](repeating: UInt8(ascii: "x"), count: offset)
        let after = [UInt8](repeating: UInt8(ascii: "y"), count: 16 - offset)
        #expect(written(before + [byte] + after) == "\"\(before.span.text)\(alone)\(after.span.text)\"")
      }
    }
  }

  static let notUTF8: [[UInt8]] = [
    [0x80], [0xFF, 0x61], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0xAF],
    [0xF4, 0x90, 0x80, 0x80],
    [0x61, 0xE2, 0x82], [0xE2, 0x82, 0x61], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x22], [0xC3], [0xC2, 0x22],
    [0xF1, 0x80, 0xC3, 0xA9],
  ]

  @Test(arguments: notUTF8) func `what is not UTF-8 becomes what Unicode recommends`(bytes: [UInt8]) throws {
    let text = written(bytes)
    #expect(try JSONReader.parse(text.utf8Span.span) == .string(String(decoding: bytes, as: UTF8.self)))
  }

  @Test func `any bytes become a string that reads as the same text`() throws {
    var random = SplitMix64(seed: 7)
    for _ in 0..<5000 {
      let special: [UInt8] = [
        0x22, 0x5C, 0x0A, 0x7F, 0xC2, 0x80, 0x9B, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80, 0xED, 0xA0,
      ]
      let bytes: [UInt8] = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        Bool.random(using: &random) ? 0x61 : special.randomElement(using: &random) ?? 0
      }
      let text = written(bytes)
      #expect(try JSONReader.parse(text.utf8Span.span) == .string(String(decoding: bytes, as: UTF8.self)), "\(bytes)")
    }
  }

  @Test func `a value is written as it was read`() throws {
    let text = #"{"a":[1,-0,1.50,1e2,true,false,null,"x\"y"],"b":{},"c":[],"d":{"e":[[]]}}"#
    var buffer = ByteBuffer()
    buffer.appendJSON(try JSONReader.parse(text.utf8Span.span))
    #expect(buffer.text == text)
  }

  @Test func `a string may be put together from pieces`() {
    var buffer = ByteBuffer()
    buffer.append(UInt8(ascii: "\""))
    buffer.appendJSON(escaping: Array("/a\"".utf8).span)
    buffer.append("?redacted")
    buffer.append(UInt8(ascii: "\""))
    #expect(buffer.text == #""/a\"?redacted""#)
  }
}
