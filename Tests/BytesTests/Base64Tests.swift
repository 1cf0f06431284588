import Bytes
import Testing

@Suite struct `Base64 with padding` {
  /// RFC 4648 §10, and what the alphabet for URLs spells otherwise.
  @Test(
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"), ("\u{3}>?\u{7F}~", "Az4/f34="), ("~~~", "fn5+"),
    ])
  func `is spelt as everywhere`(_ plain: String, _ encoded: String) {
    var buffer = ByteBuffer()
    Base64.encode(Array(plain.utf8).span, into: &buffer)
    #expect(buffer.text == encoded)
  }

  @Test func `stands behind what was there`() {
    var buffer = ByteBuffer()
    buffer.append("a: ")
    Base64.encode([0xFF, 0xFF, 0xFF, 0xFB].span, into: &buffer)
    #expect(buffer.text == "a: ////+w==")
  }
}
