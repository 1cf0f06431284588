/// What a text may cost its reader.
package struct JSONLimits: Sendable {
  /// How deep objects and lists may nest; bounds the stack.
  package var depth: Int
  /// How many members an object, and how many elements a list, may have.
  package var members: Int
  /// How many bytes a string may have in the text.
  package var stringBytes: Int
  /// How many digits a number may have, with those of its fraction; nil for numbers that are kept as they are written, however long
  /// and however large they are, until somebody asks for their value.
  package var digits: Int?

  package init(depth: Int, members: Int, stringBytes: Int, digits: Int? = 32) {
    self.depth = depth
    self.members = members
    self.stringBytes = stringBytes
    self.digits = digits
  }

  /// What holds unless said otherwise.
  package static let usual = JSONLimits(depth: 32, members: 1024, stringBytes: 64 * 1024)
  /// For what strangers send to be believed: token headers and claims.
  ///
  /// Whoever uses a number there judges it.
  package static let token = JSONLimits(depth: 32, members: 1024, stringBytes: 64 * 1024, digits: nil)
  /// For bodies of requests: numbers that nobody looks at may be as long as a `Double` gets.
  package static let body = JSONLimits(depth: 32, members: 1024, stringBytes: 64 * 1024, digits: 400)
  /// For files of the operator's own.
  package static let file = JSONLimits(depth: 32, members: 100_000, stringBytes: 1024 * 1024)

  /// How large an exponent may be, either way, where numbers are judged: no time is spent on powers that no `Double` has.
  static let exponent = 400
}
