import HTTP

/// A configured line that can't stand in a message.
struct InvalidField: Error {
  let name: String
}

extension FieldBlock {
  /// A block of these lines.
  init(_ lines: [(name: String, value: String)]) throws(InvalidField) {
    self.init()
    for (name, value) in lines {
      guard append(name: name, value: value) else { throw InvalidField(name: name) }
    }
  }
}
