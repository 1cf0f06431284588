/// Bounds on the memory and time that a text may take to read.
package struct JSONLimits: Sendable {
  /// The deepest nesting of objects and lists; bounds the stack.
  package var depth: Int
  /// The most members of an object, and elements of a list.
  package var members: Int
  /// The most bytes that a string may have in the text.
  package var stringBytes: Int
  /// The most digits of a number, those of its fraction included; nil for numbers that are kept as they are written, however long
  /// and however large they are, until somebody asks for their value.
  package var digits: Int?

  package init(depth: Int, members: Int, stringBytes: Int, digits: Int? = 32) {
    self.depth = depth
    self.members = members
    self.stringBytes = stringBytes
    self.digits = digits
  }

  /// The limits that hold unless others are given.
  package static let usual = JSONLimits(depth: 32, members: 1024, stringBytes: 64 * 1024)
  /// For what strangers send to be believed: token headers and claims.
  ///
  /// The code that uses a number judges it. No token has room for as many members: its size is the limit.
  package static let token = JSONLimits(depth: 32, members: 64 * 1024, stringBytes: 64 * 1024, digits: nil)
  /// For bodies of requests: numbers that are not used may be as long as a `Double` gets.
  package static let body = JSONLimits(depth: 32, members: 1024, stringBytes: 64 * 1024, digits: 400)
  /// For files of the operator's own.
  package static let file = JSONLimits(depth: 32, members: 100_000, stringBytes: 1024 * 1024)

  /// The largest exponent, either way, where numbers are judged: no time is spent on powers that no `Double` has.
  static let exponent = 400
}
