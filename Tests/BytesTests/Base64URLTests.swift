import Bytes
import Testing

@Suite struct `Base64 for URLs` {
  /// RFC 4648 §10, without the padding, and the two characters in which the alphabets differ.
  static let vectors: [([UInt8], String)] = [
    ([], ""), (Array("f".utf8), "Zg"), (Array("fo".utf8), "Zm8"), (Array("foo".utf8), "Zm9v"),
    (Array("foob".utf8), "Zm9vYg"),
    (Array("fooba".utf8), "Zm9vYmE"), (Array("foobar".utf8), "Zm9vYmFy"), ([0xFB, 0xFF, 0xBF], "-_-_"), ([0xFF], "_w"),
    ([0, 0], "AAA"),
  ]

  @Test(arguments: vectors) func `bytes and text belong together both ways`(_ bytes: [UInt8], _ text: String) {
    var encoded = ByteBuffer()
    Base64URL.encode(bytes.span, into: &encoded)
    #expect(encoded.text == text)
    #expect(decoded(text) == bytes)
  }

  @Test(arguments: [
    "A", "AAAAA", "Zg==", "Zg=", "Zm8=", "=", "Zh", "Zm9", "Zm9vYh", "_x", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v+A",
    "Zm9v/A", "Zm9v.A",
    "Zm9é", "Zm9\u{0}", "Z\u{7F}8", "====", "AAA=",
  ])
  func `a text that is not canonical is refused`(_ text: String) {
    #expect(decoded(text) == nil)
  }

  @Test func `each octet outside of the alphabet is refused in every place of a group`() {
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    for octet in UInt8.min ... .max where !alphabet.contains(octet) {
      for length in [2, 3, 4, 8] {
        for place in 0..<length {
          var text = [UInt8](repeating: UInt8(ascii: "A"), count: length)
          text[place] = octet
          var output: [UInt8] = []
          let isTaken = Base64URL.decode(text.span, into: &output)
          #expect(!isTaken, "\(octet) at \(place) of \(length)")
        }
      }
    }
  }

  @Test func `every text of up to three characters that decodes is the one that its bytes encode to`() {
    let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    for a in characters {
      for b in characters {
        for text in [[a, b], [UInt8(ascii: "A"), a, b]] {
          var bytes: [UInt8] = []
          guard Base64URL.decode(text.span, into: &bytes) else { continue }
          var again = ByteBuffer()
          Base64URL.encode(bytes.span, into: &again)
          #expect(again.readable.array == text)
        }
      }
    }
  }

  @Test func `a refusal leaves what was decoded before`() {
    var output: [UInt8] = [1, 2]
    let wrong = Array("AAAA====".utf8)
    let right = Array("AAAA".utf8)
    let isWrongTaken = Base64URL.decode(wrong.span, into: &output)
    #expect(!isWrongTaken)
    #expect(output == [1, 2])
    let isRightTaken = Base64URL.decode(right.span, into: &output)
    #expect(isRightTaken)
    #expect(output == [1, 2, 0, 0, 0])
  }

  private func decoded(_ text: String) -> [UInt8]? {
    var output: [UInt8] = []
    let bytes = Array(text.utf8)
    return Base64URL.decode(bytes.span, into: &output) ? output : nil
  }
}
