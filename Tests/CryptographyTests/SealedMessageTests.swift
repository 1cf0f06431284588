import Bytes
import Cryptography
import Testing

@Suite struct SealedMessageTests {
  static let key = [UInt8](repeating: 7, count: 32)

  private func seal(_ message: [UInt8], _ key: [UInt8] = key) -> [UInt8]? {
    try? SealedMessage.seal(message.span, key: key.span)
  }

  private func open(_ sealed: [UInt8], _ key: [UInt8] = key) -> [UInt8]? {
    SealedMessage.open(sealed.span, key: key.span)
  }

  @Test(arguments: [0, 1, 15, 16, 17, 43, 1000])
  func `what was sealed comes out again under its key`(count: Int) throws {
    let message = [UInt8]((0..<count).map { UInt8(truncatingIfNeeded: $0) })
    let sealed = try #require(seal(message))
    #expect(sealed.count == count + 28)
    #expect(open(sealed) == message)
    #expect(seal(message) != sealed, "each has a nonce of its own")
  }

  @Test func `another key, a changed byte and a cut end open nothing`() throws {
    let sealed = try #require(seal(Array("a refresh token".utf8)))
    var other = Self.key
    other[31] ^= 1
    #expect(open(sealed, other) == nil)
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 0x80
      #expect(open(changed) == nil)
    }
    for count in [0, 12, 27, sealed.count - 1] { #expect(open(Array(sealed.prefix(count))) == nil) }
  }

  @Test func `a key of another length is none`() {
    let short = [UInt8](repeating: 7, count: 16)
    #expect(seal([1], short) == nil)
    #expect(open([UInt8](repeating: 0, count: 40), short) == nil)
  }
}
