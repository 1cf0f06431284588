/// What a text may cost its reader.
package struct JSONLimits: Sendable {
  /// How deep objects and lists may nest; bounds the stack.
  package var depth: Int
  /// How many members an object, and how many elements a list, may have.
  package var members: Int
  /// How many bytes a string may have in the text.
  package var stringBytes: Int

  package init(depth: Int, members: Int, stringBytes: Int) {
    self.depth = depth
    self.members = members
    self.stringBytes = stringBytes
  }

  /// For what strangers send: token headers and claims, bodies of requests.
  package static let token = JSONLimits(depth: 32, members: 1024, stringBytes: 64 * 1024)
  /// For files of the operator's own.
  package static let file = JSONLimits(depth: 32, members: 100_000, stringBytes: 1024 * 1024)

  /// How many digits a number may have, with those of its fraction.
  static let digits = 32
  /// How large an exponent may be, either way: no time is spent on powers that no `Double` has.
  static let exponent = 400
}
