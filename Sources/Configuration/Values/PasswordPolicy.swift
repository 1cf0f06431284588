/// The rule for new passwords (`password`): UTF-8 text of so many characters, whatever they are.
///
/// A character is a Unicode code point (as in NIST SP 800-63B-4 §3.1.1.2), so that the count doesn't change with Unicode's version.
/// Nothing is normalised: the bytes sent are the password.
package struct PasswordPolicy: Sendable, Hashable {
  /// The fewest and the most characters.
  package let minimum: Int
  package let maximum: Int

  /// - Parameters: at least 1 and `minimum`; smaller values are raised to that.
  package init(minimum: Int = 8, maximum: Int = 256) {
    self.minimum = max(1, minimum)
    self.maximum = max(self.minimum, maximum)
  }
}
