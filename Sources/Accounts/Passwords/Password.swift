import Bytes
package import Configuration

/// A password as a client sent it: the bytes, taken whole and never shown.
package struct Password: Sendable {
  let bytes: [UInt8]

  /// The bytes as they came, whether they are text or not.
  package init(bytes: [UInt8]) { self.bytes = bytes }

  package init(_ text: String) { bytes = Array(text.utf8) }
}

extension Password: CustomStringConvertible, CustomReflectable {
  package var description: String { "(a password)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A password that met the policy; only ``PasswordPolicy/accept(_:)`` makes one, and only such a one can be set.
package struct NewPassword: Sendable {
  let password: Password

  fileprivate init(_ password: Password) { self.password = password }
}

extension PasswordPolicy {
  /// The most bytes that are looked at, here and when logging in: four for each character.
  ///
  /// A policy made stricter than the default doesn't lock out who has a longer password from before.
  package var byteLimit: Int { maximum > Self.characterCap ? .max : max(4 * maximum, 1024) }

  private static let characterCap = Int.max / 4

  /// The password as one that may be set.
  ///
  /// - Throws: the rule that it breaks.
  package func accept(_ password: Password) throws(PolicyViolation) -> NewPassword {
    guard password.bytes.count <= byteLimit else { throw .passwordTooLong(maximum: maximum) }
    guard let text = String(validating: password.bytes, as: UTF8.self) else { throw .passwordNotText }
    let count = text.unicodeScalars.count
    guard count >= minimum else { throw .passwordTooShort(minimum: minimum) }
    guard count <= maximum else { throw .passwordTooLong(maximum: maximum) }
    return NewPassword(password)
  }
}
