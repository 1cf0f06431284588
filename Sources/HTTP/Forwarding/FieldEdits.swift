import Bytes

/// What a route changes in the fields of a message: names taken out, then lines put in.
package struct FieldEdits: Sendable, Equatable {
  package private(set) var removed = FieldNameSet()
  package private(set) var added = FieldBlock()

  /// Edits that change nothing.
  package init() {}

  package var isEmpty: Bool { removed.isEmpty && added.isEmpty }

  /// Takes every line of that name out.
  package mutating func remove(_ name: String) { removed.insert(name) }

  /// Puts a line in beside those that there are.
  /// - Returns: false if name or value can't stand in a field.
  package mutating func add(_ name: String, _ value: String) -> Bool { added.append(name: name, value: value) }

  /// Puts a line in instead of those that there are.
  /// - Returns: false if name or value can't stand in a field.
  package mutating func set(_ name: String, _ value: String) -> Bool {
    guard add(name, value) else { return false }
    remove(name)
    return true
  }
}
