import Bytes
import Testing
import Tokens

/// The texts that logs take for a token.
@Suite struct TokenShapeTests {
  static let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"

  /// Texts, and what is left of them.
  static let masked: [(String, String)] = [
    (token, "[redacted]"),
    ("Bearer \(token)", "Bearer [redacted]"),
    ("/verify/\(token)/mail", "/verify/[redacted]/mail"),
    ("a=1&t=\(token)&b=2", "a=1&t=[redacted]&b=2"),
    ("\(token), \(token)", "[redacted], [redacted]"),
    // Behind letters, an encoded separator, a quote.
    ("token\(token)", "token[redacted]"),
    ("x%3D\(token)", "x%3D[redacted]"),
    ("{\"t\":\"\(token)\"}", "{\"t\":\"[redacted]\"}"),
    ("é\(token)é", "é[redacted]é"),
    // Without a signature, and of five parts.
    ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "[redacted]"),
    ("eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn", "[redacted]"),
    // A member's name that begins with a digit, a sign or something beyond ASCII; white space before it.
    ("eyIxIjoxfQ.e30.x", "[redacted]"),
    ("eyLDqSI6MX0.e30.x", "[redacted]"),
    ("eyAiYWxnIjoiSFMyNTYifQ.e30.x", "[redacted]"),
    ("ewogICJhbGciOiJIUzI1NiJ9.e30.x", "[redacted]"),
    ("ew0KCSJhbGciOiJIUzI1NiJ9.e30.x", "[redacted]"),
    ("ewkiYWxnIjoiSFMyNTYifQ.e30.x", "[redacted]"),
    ("eyAgICAgICAgICAgICAgICAgICAgICAiYWxnIjoxfQ.e30.x", "[redacted]"),
    // Padded, which no token is, and is all the same to who steals it.
    ("eyJhbGciOiJIUzI1NiJ9=.eyJzdWIiOiJhIn0=.c2ln", "[redacted]"),
    // Percent-encoded, in part or in whole, once or more often.
    ("eyJhbGciOiJIUzI1NiJ9%2EeyJzdWIiOiJhIn0%2ec2ln&b", "[redacted]&b"),
    ("%65yJhbGciOiJIUzI1NiJ9.e30.x", "[redacted]"),
    ("e%79JhbGciOiJIUzI1NiJ9.e30.x", "[redacted]"),
    ("%65%79%4a%68%62%47ciOiJIUzI1NiJ9.e30.x", "[redacted]"),
    ("%2565%2579JhbGciOiJIUzI1NiJ9%252Ee30%25252Ex!", "[redacted]!"),
    ("a%20\(token)%20b", "a%20[redacted]%20b"),
  ]

  @Test(arguments: masked) func `is not written`(_ text: String, _ expected: String) {
    #expect(TokenShape.masked(text) == expected)
  }

  static let kept = [
    "", "e", "ey", "eyJ", "eyJ.", "eyJ.x", "a.b.c", "/orders/eyebrow.v1.2", "www.example.com", "new.eyes.example",
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    // Two parts only, or something else than an object.
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9", "eyJhbGciOiJIUzI1NiJ9 .e30.x", "eyj.example.com", "eyeZ.e30.x",
    "ewxyz.example.com", "%65", "%65%79", "e%7", "%", "%2", "%25", "%2565", "ey%", "100%.of.eyes",
  ]

  @Test(arguments: kept) func `is nothing else`(_ text: String) {
    #expect(TokenShape.masked(text) == text)
  }

  @Test func `is found wherever it begins`() {
    let text = Array(Self.token.utf8)
    for offset in 0..<40 {
      let before = Array(repeating: UInt8(ascii: "."), count: offset)
      let bytes = before + text + Array(" and more".utf8)
      #expect(TokenShape.next(in: bytes.span) == offset..<(offset + text.count))
      #expect(TokenShape.next(in: bytes.span, from: offset) == offset..<(offset + text.count))
      #expect(TokenShape.next(in: bytes.span, from: offset + text.count) == nil)
    }
  }

  @Test func `may be shown in another way`() {
    #expect(TokenShape.masked("<\(Self.token)>") { "\($0.prefix(5))…" } == "<eyJhb…>")
  }

  @Test func `is found in bytes that are no text`() {
    let bytes: [UInt8] = [0xFF, 0x80] + Array(Self.token.utf8) + [0xC0]
    #expect(TokenShape.next(in: bytes.span) == 2..<(bytes.count - 1))
  }
}
