import Cryptography
import Testing

@Suite struct `Comparison in constant time` {
  @Test(
    arguments: [
      ([], [], true), ([1], [1], true), ([1], [2], false), ([1], [], false), ([], [1], false),
      ([1, 2, 3], [1, 2, 3], true),
      ([1, 2, 3], [1, 2, 4], false), ([0, 2, 3], [1, 2, 3], false), ([1, 2, 3], [1, 2], false), ([0], [0, 0], false),
    ] as [([UInt8], [UInt8], Bool)])
  func `only the same bytes are equal`(_ left: [UInt8], _ right: [UInt8], _ isEqual: Bool) {
    let found = ConstantTime.equals(left.span, right.span)
    #expect(found == isEqual)
  }
}

@Suite struct `Random bytes` {
  @Test(arguments: [0, 1, 16, 1000]) func `as many come as were asked for`(_ count: Int) throws {
    #expect(try SecureRandom.bytes(count).count == count)
  }

  @Test func `no two are alike`() throws {
    #expect(try SecureRandom.bytes(16) != SecureRandom.bytes(16))
    #expect(try SecureRandom.word() != SecureRandom.word())
  }
}
