import Bytes

/// The changes of a route to the fields of a message: names taken out, then fields put in, first those that replace others.
package struct FieldEdits: Sendable, Equatable {
  /// The changes as the configuration has them.
  package private(set) var removedNames: [String] = []
  package private(set) var setFields: [Field] = []
  package private(set) var addedFields: [Field] = []

  /// The same for the writers: all names that are taken out, and all fields that are put in.
  package private(set) var removed = FieldNameSet()
  package private(set) var added = FieldBlock()

  /// Edits that change nothing.
  package init() {}

  package var isEmpty: Bool { removed.isEmpty && added.isEmpty }

  /// Takes every field of that name out.
  package mutating func remove(_ name: String) {
    removedNames.append(name)
    removed.insert(name)
  }

  /// Puts a field in beside those that there are.
  /// - Returns: false if name or value can't stand in a field.
  package mutating func add(_ name: String, _ value: String) -> Bool {
    guard added.append(name: name, value: value) else { return false }
    addedFields.append(Field(name: name, value: value))
    return true
  }

  /// Puts a field in instead of those that there are.
  /// - Returns: false if name or value can't stand in a field.
  package mutating func set(_ name: String, _ value: String) -> Bool {
    guard added.append(name: name, value: value) else { return false }
    setFields.append(Field(name: name, value: value))
    removed.insert(name)
    return true
  }
}
