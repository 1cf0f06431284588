/// A field and its value, as the configuration has them.
package struct Field: Sendable, Hashable {
  /// As the configuration spells it; compared without case.
  package var name: String
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}
