import Bytes

/// A user's name that meets the policy: 1 to 64 of `A-Z a-z 0-9 . _ - @ +`, beginning with a letter or digit.
package struct AccountName: Sendable, Hashable {
  /// As it was spelled.
  package let text: String
  /// The lower-case form, which all spellings of one name share.
  package let key: String

  package static let lengthLimit = 64

  /// - Throws: the rule that the text breaks.
  package init(_ text: String) throws(PolicyViolation) {
    let bytes = text.utf8
    // Counted in bytes, which only differ from characters where the characters are refused anyway.
    guard let first = bytes.first else { throw .usernameLength }
    guard bytes.count <= 4 * Self.lengthLimit else { throw .usernameLength }
    guard bytes.allSatisfy(Self.isAllowed) else { throw .usernameCharacters }
    guard bytes.count <= Self.lengthLimit else { throw .usernameLength }
    guard ASCII.isAlphanumeric(first) else { throw .usernameStart }
    self.text = text
    key = String(decoding: bytes.map(ASCII.lowercased), as: UTF8.self)
  }

  /// The key of the name that a client gives; that of no account if it can be none.
  package static func key(of text: String) -> String {
    do throws(PolicyViolation) {
      return try AccountName(text).key
    } catch {
      return ""
    }
  }

  /// Two spellings of one name are the same name.
  package static func == (left: AccountName, right: AccountName) -> Bool { left.key == right.key }

  package func hash(into hasher: inout Hasher) { hasher.combine(key) }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "+"): true
    default: ASCII.isAlphanumeric(byte)
    }
  }
}

/// A role's name that meets the policy: 1 to 64 visible ASCII characters but the comma, which separates roles in identity
/// fields.
///
/// Compared with case, as tokens are.
package struct RoleName: Sendable, Hashable {
  package let text: String

  package static let lengthLimit = 64

  /// - Throws: ``PolicyViolation/role``.
  package init(_ text: String) throws(PolicyViolation) {
    guard (1...Self.lengthLimit).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") })
    else { throw .role }
    self.text = text
  }
}
