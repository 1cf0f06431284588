import Bytes
import Testing

@Suite struct `Octet classes` {
  private let all = (0...255).map { UInt8($0) }

  @Test func `tokens`() {
    let expected = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in all { #expect(ASCII.isToken(byte) == expected.contains(byte), "\(byte)") }
  }

  @Test func `field values`() {
    for byte in all {
      #expect(ASCII.isFieldValue(byte) == (byte == 9 || byte >= 0x20 && byte != 0x7F), "\(byte)")
    }
  }

  @Test func `letters and digits`() {
    let digits = Set("0123456789".utf8)
    let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in all {
      #expect(ASCII.isDigit(byte) == digits.contains(byte))
      #expect(ASCII.isAlpha(byte) == letters.contains(byte))
      #expect(ASCII.isAlphanumeric(byte) == (digits.contains(byte) || letters.contains(byte)))
      #expect(ASCII.isUnreserved(byte) == (ASCII.isAlphanumeric(byte) || "-._~".utf8.contains(byte)))
    }
  }

  @Test func `case and hexadecimal digits`() {
    for byte in all {
      let character = Character(UnicodeScalar(byte))
      #expect(ASCII.lowercased(byte) == (character.isASCII ? character.lowercased().utf8.first : byte))
      #expect(ASCII.hexadecimalValue(byte).map(Int.init) == (character.isASCII ? character.hexDigitValue : nil))
    }
  }
}

@Suite struct `Spans of bytes` {
  private let hello = Array("Hello".utf8)

  @Test func `are compared with bytes and literals`() {
    let hello = hello.span
    let results = [
      hello.equals("Hello"), hello.equals(Array("Hello".utf8).span), hello.equals("hello"), hello.equals("Hell"),
      hello.equalsIgnoringCase("hello"), hello.equalsIgnoringCase("hellp"), hello.equalsIgnoringCase("hell"),
      hello.equalsIgnoringCase(Array("hELLO".utf8).span), hello.starts(with: Array("Hel".utf8).span),
      hello.starts(with: Array("Hello!".utf8).span), hello.extracting(0..<0).equals(""),
    ]
    #expect(results == [true, true, false, false, true, false, false, true, true, false, true])
  }

  @Test func `only letters have a case`() {
    let brackets = Array("[".utf8)
    let braces = Array("{".utf8)
    let areEqual = brackets.span.equalsIgnoringCase(braces.span)
    #expect(!areEqual)
  }

  @Test(arguments: [("", ""), (" ", ""), ("a", "a"), (" \ta b\t ", "a b"), ("\r a", "\r a")])
  func `are trimmed of white space`(_ text: String, _ expected: String) {
    let bytes = Array(text.utf8)
    #expect(bytes.span.trimmed.text == expected)
  }

  @Test func `are searched`() {
    let l = UInt8(ascii: "l")
    let places = [
      hello.span.firstIndex(of: l), hello.span.firstIndex(of: l, from: 3), hello.span.firstIndex(of: l, from: 4),
      hello.span.firstIndex(of: l, from: 5), hello.span.firstIndex(of: l, from: 99), hello.span.firstIndex(of: 0),
    ]
    #expect(places == [2, 3, nil, nil, nil, nil])
  }

  @Test func `become text with marks for what is no UTF-8`() {
    let bytes: [UInt8] = [0x61, 0xFF, 0x62]
    #expect(bytes.span.text == "a\u{FFFD}b")
    #expect(bytes.span.array == bytes)
  }
}
