import Bytes
import Cryptography
import Testing

@Suite struct `HMAC tags` {
  /// RFC 4231 §4.2 to §4.8, without the truncated §4.6.
  struct Vector: Sendable {
    let section: String
    let key: [UInt8]
    let message: [UInt8]
    let tags: [HashFunction: String]
  }

  static let vectors = [
    Vector(
      section: "4.2", key: [UInt8](repeating: 0x0B, count: 20), message: Array("Hi There".utf8),
      tags: [
        .sha256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        .sha384: "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
        .sha512: "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
          + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
      ]),
    Vector(
      section: "4.3", key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
      tags: [
        .sha256: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        .sha384: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        .sha512: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
          + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
      ]),
    Vector(
      section: "4.4", key: [UInt8](repeating: 0xAA, count: 20), message: [UInt8](repeating: 0xDD, count: 50),
      tags: [
        .sha256: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        .sha384: "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
        .sha512: "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
          + "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
      ]),
    Vector(
      section: "4.5", key: Array(1...25), message: [UInt8](repeating: 0xCD, count: 50),
      tags: [
        .sha256: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        .sha384: "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
        .sha512: "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
          + "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
      ]),
    Vector(
      section: "4.7", key: [UInt8](repeating: 0xAA, count: 131),
      message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      tags: [
        .sha256: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        .sha384: "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
        .sha512: "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
          + "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
      ]),
  ]

  @Test(arguments: vectors, HashFunction.allCases)
  func `the vectors of RFC 4231 hold`(_ vector: Vector, _ hash: HashFunction) throws {
    let hmac = try HMAC(hash, key: vector.key.span)
    let expected = try #require(vector.tags[hash])
    for _ in 0..<2 {
      var tag = ByteBuffer()
      try hmac.authenticate(vector.message.span, into: &tag)
      #expect(hexadecimal(tag.readable.array) == expected)
      #expect(isValid(tag.readable.array, vector.message, hmac))
    }
  }

  @Test(arguments: HashFunction.allCases) func `a tag with one bit flipped is refused`(_ hash: HashFunction) throws {
    let key = Self.vectors[0].key
    let hmac = try HMAC(hash, key: key.span)
    let message = Array("message".utf8)
    let tag = try tag(of: message, hmac)
    for bit in 0..<(tag.count * 8) {
      var wrong = tag
      wrong[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!isValid(wrong, message, hmac))
    }
  }

  @Test(arguments: HashFunction.allCases) func `only a tag of full length is taken`(_ hash: HashFunction) throws {
    let key = Self.vectors[0].key
    let hmac = try HMAC(hash, key: key.span)
    let message = Array("message".utf8)
    let tag = try tag(of: message, hmac)
    for count in 0..<tag.count {
      let short = Array(tag.prefix(count))
      #expect(!isValid(short, message, hmac))
    }
    let long = tag + [0]
    #expect(!isValid(long, message, hmac))
  }

  @Test func `an empty message and an empty key have a tag`() throws {
    let nothing: [UInt8] = []
    let hmac = try HMAC(.sha256, key: nothing.span)
    let tag = try tag(of: nothing, hmac)
    #expect(hexadecimal(tag) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func `two keys in use at once don't disturb each other`() throws {
    let (key, other) = (Array("one key".utf8), Array("another key".utf8))
    let first = try HMAC(.sha256, key: key.span)
    let second = try HMAC(.sha512, key: other.span)
    let message = Array("message".utf8)
    let before = try tag(of: message, first)
    let between = try tag(of: message, second)
    #expect(try tag(of: message, first) == before)
    #expect(try tag(of: message, second) == between)
  }

  private func isValid(_ tag: [UInt8], _ message: [UInt8], _ hmac: HMAC) -> Bool {
    hmac.isValid(tag.span, for: message.span)
  }

  private func tag(of message: [UInt8], _ hmac: HMAC) throws -> [UInt8] {
    var tag = ByteBuffer()
    try hmac.authenticate(message.span, into: &tag)
    return tag.readable.array
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    var text = ByteBuffer()
    for byte in bytes { text.append(hexadecimal: UInt64(byte), width: 2) }
    return text.text
  }
}
