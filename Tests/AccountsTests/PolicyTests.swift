import Accounts
import Configuration
import Testing

@Suite struct `Names and passwords` {
  @Test(arguments: [
    "a", "7", "alice", "Alice.B-c_d+e@example.com", String(repeating: "a", count: 64), "0.", "a@", "1+1",
  ])
  func `a name within the policy is taken as it is spelled`(_ text: String) throws {
    #expect(try AccountName(text).text == text)
  }

  @Test(arguments: [
    ("", PolicyViolation.usernameLength), (String(repeating: "a", count: 65), .usernameLength),
    (String(repeating: "é", count: 10_000), .usernameLength),
    (".alice", .usernameStart), ("@a", .usernameStart), ("-a", .usernameStart), ("_a", .usernameStart),
    ("+a", .usernameStart),
    ("al ice", .usernameCharacters), ("alicé", .usernameCharacters), ("a/b", .usernameCharacters),
    ("a\0", .usernameCharacters), ("a\n", .usernameCharacters), ("a,b", .usernameCharacters),
    ("a%b", .usernameCharacters),
    ("a:b", .usernameCharacters), ("\u{17F}", .usernameCharacters), ("\u{212A}", .usernameCharacters),
    ("a'--", .usernameCharacters),
  ])
  func `a name against the policy is refused with its rule`(_ text: String, _ violation: PolicyViolation) {
    #expect(throws: violation) { try AccountName(text) }
  }

  @Test func `names are compared without case`() throws {
    #expect(try AccountName("Alice") == AccountName("aLICE"))
    #expect(try Set([AccountName("Alice"), AccountName("aLICE")]).count == 1)
    #expect(try AccountName("Alice") != AccountName("Alicf"))
    #expect(try AccountName("ALICE").key == "alice")
  }

  static let euro = "\u{20AC}"

  @Test(arguments: [
    "12345678", String(repeating: "x", count: 256), String(repeating: "\u{1F600}", count: 256),
    String(repeating: " ", count: 8),
    "1234567\0", String(repeating: euro, count: 8), "a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}",
  ])
  func `a password within the policy is taken`(_ text: String) {
    #expect(throws: Never.self) { try PasswordPolicy().accept(Password(text)) }
  }

  @Test(arguments: [
    ("", PolicyViolation.passwordTooShort(minimum: 8)), ("1234567", .passwordTooShort(minimum: 8)),
    (String(repeating: "\u{1F600}", count: 7), .passwordTooShort(minimum: 8)),
    (String(repeating: "x", count: 257), .passwordTooLong(maximum: 256)),
    (String(repeating: euro, count: 257), .passwordTooLong(maximum: 256)),
    (String(repeating: "x", count: 1_000_000), .passwordTooLong(maximum: 256)),
  ])
  func `a password against the policy is refused with its rule`(_ text: String, _ violation: PolicyViolation) {
    #expect(throws: violation) { try PasswordPolicy().accept(Password(text)) }
  }

  @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] as [[UInt8]])
  func `bytes that are not UTF-8 are no password`(_ tail: [UInt8]) {
    #expect(throws: PolicyViolation.passwordNotText) {
      try PasswordPolicy().accept(Password(bytes: Array("12345678".utf8) + tail))
    }
  }

  @Test func `the lengths can be set`() throws {
    let policy = PasswordPolicy(minimum: 12, maximum: 14)
    #expect(throws: PolicyViolation.passwordTooShort(minimum: 12)) { try policy.accept(Password("12345678901")) }
    #expect(throws: PolicyViolation.passwordTooLong(maximum: 14)) { try policy.accept(Password("123456789012345")) }
    _ = try policy.accept(Password("123456789012"))
    #expect(PasswordPolicy(minimum: 300).byteLimit == 1200)
    #expect(PasswordPolicy(minimum: 8, maximum: .max).byteLimit == .max)
    #expect(PasswordPolicy(minimum: -1, maximum: -5).maximum == 1)
  }

  @Test(arguments: ["", "a b", "a,b", "é", "a\u{7F}", String(repeating: "r", count: 65)])
  func `a role is visible ASCII without a comma`(_ text: String) {
    #expect(throws: PolicyViolation.role) { try RoleName(text) }
    #expect(throws: Never.self) { try RoleName("orders:admin/eu@1") }
  }

  @Test(arguments: [
    (PolicyViolation.usernameLength, "The username must have 1 to 64 characters."),
    (.usernameCharacters, "The username may only contain the letters A to Z and a to z, digits, and . _ - @ +."),
    (.usernameStart, "The username must begin with a letter or digit."),
    (.passwordTooShort(minimum: 8), "The password must have at least 8 characters."),
    (.passwordTooShort(minimum: 1), "The password must have at least 1 character."),
    (.passwordTooLong(maximum: 256), "The password must have at most 256 characters."),
    (.passwordNotText, "The password must be UTF-8 text."),
    (.role, "A role must have 1 to 64 visible ASCII characters, none of them a comma."),
  ])
  func `each rule is said in words`(_ violation: PolicyViolation, _ text: String) {
    #expect(violation.description == text)
  }

  @Test func `a password is never shown`() {
    let password = Password("secret-password")
    var dumped = ""
    dump(password, to: &dumped)
    #expect(!"\(password) \(String(reflecting: password)) \(dumped)".contains("secret-password"))
    #expect(!dumped.contains("115"))
  }
}
