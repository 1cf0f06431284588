import Bytes
import Cryptography
import TestSupport
import Testing

@testable import Accounts

@Suite struct BreachedPasswordTests {
  let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private static func hex(_ text: String) throws -> String {
    let bytes = Array(text.utf8)
    let digest = SHA1.hash(of: bytes.span)
    let hash = try #require(digest)
    return hash.indices.map { String(hash[$0] >> 4, radix: 16) + String(hash[$0] & 15, radix: 16) }.joined()
  }

  private func file(_ count: Int, counts: Bool, upper: Bool, end: String) throws -> BreachedPasswords {
    var lines = try (0..<count).map { try Self.hex("password \($0)") }.sorted()
    if upper { lines = lines.map { $0.uppercased() } }
    if counts { lines = lines.enumerated().map { "\($1):\($0 * 37)" } }
    let path = scratch("breached \(count) \(counts) \(upper).txt")
    try write(Array(lines.map { $0 + end }.joined().utf8), to: path)
    return try BreachedPasswords(path: path)
  }

  @Test(arguments: [1, 2, 3, 100, 1000], [false, true])
  func `every password of the list is found and no other, with counts and without`(count: Int, counts: Bool) throws {
    for (upper, end) in [(true, "\n"), (false, "\r\n")] {
      let list = try file(count, counts: counts, upper: upper, end: end)
      for number in 0..<count { #expect(try list.contains(Sample.password("password \(number)"))) }
      for number in count..<(count + 100) { #expect(try !list.contains(Sample.password("password \(number)"))) }
    }
  }

  @Test func `a list without a final newline is searched to its end`() throws {
    let path = scratch("short")
    try write(Array(try Self.hex("password 1").utf8), to: path)
    #expect(try BreachedPasswords(path: path).contains(Sample.password("password 1")))
  }

  @Test(arguments: ["", "password1\npassword2\n", "0123456789abcdef"])
  func `a file that is no such list is refused`(contents: String) throws {
    try write(Array(contents.utf8), to: scratch("list"))
    #expect(throws: AccountsError.self) { try BreachedPasswords(path: scratch("list")) }
    #expect(throws: AccountsError.self) { try BreachedPasswords(path: scratch("missing")) }
    #expect(throws: AccountsError.self) { try BreachedPasswords(path: scratch.path) }
  }
}
