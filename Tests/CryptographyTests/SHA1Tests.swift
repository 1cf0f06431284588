import Cryptography
import Testing

@Suite struct `SHA-1` {
  /// FIPS 180-4 and its examples.
  @Test(
    arguments: [
      ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
      ),
    ])
  func `has the published values`(_ text: String, _ expected: String) throws {
    let bytes = Array(text.utf8)
    let hash = SHA1.hash(of: bytes.span)
    let digest = try #require(hash)
    var found = ""
    for index in 0..<20 {
      let octet = String(digest[index], radix: 16)
      found += octet.count == 1 ? "0" + octet : octet
    }
    #expect(found == expected)
  }
}
