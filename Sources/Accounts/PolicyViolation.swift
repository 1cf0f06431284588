/// The rule that a name, password or role breaks; its description tells the user, in a sentence.
package enum PolicyViolation: Error, Sendable, Hashable {
  case usernameLength
  case usernameCharacters
  case usernameStart
  case passwordTooShort(minimum: Int)
  case passwordTooLong(maximum: Int)
  case passwordNotText
  case role
}

extension PolicyViolation: CustomStringConvertible {
  package var description: String {
    switch self {
    case .usernameLength: "The username must have 1 to \(AccountName.lengthLimit) characters."
    case .usernameCharacters: "The username may only contain the letters A to Z and a to z, digits, and . _ - @ +."
    case .usernameStart: "The username must begin with a letter or digit."
    case .passwordTooShort(let minimum): "The password must have at least \(Self.characters(minimum))."
    case .passwordTooLong(let maximum): "The password must have at most \(Self.characters(maximum))."
    case .passwordNotText: "The password must be UTF-8 text."
    case .role: "A role must have 1 to \(RoleName.lengthLimit) visible ASCII characters, none of them a comma."
    }
  }

  private static func characters(_ count: Int) -> String { count == 1 ? "1 character" : "\(count) characters" }
}
