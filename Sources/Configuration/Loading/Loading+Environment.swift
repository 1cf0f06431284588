import JSON

extension Loading {
  /// The value with `${NAME}` replaced in every string, and `$${` by `${`; names of members stay as they are.
  ///
  /// The value of a variable is taken as it is: it is not searched for further variables, and never ends the string.
  func expandEnvironment(of value: LocatedJSON, _ environment: [String: String]) -> LocatedJSON {
    let content: LocatedJSON.Content
    switch value.content {
    case .null, .bool, .number: return value
    case .string(let text):
      guard text.utf8.contains(UInt8(ascii: "$")) else { return value }
      content = .string(expand(text, environment, at: value.location))
    case .list(let elements): content = .list(elements.map { expandEnvironment(of: $0, environment) })
    case .object(let members):
      content = .object(
        members.map {
          LocatedJSON.Member(
            name: $0.name, nameLocation: $0.nameLocation, value: expandEnvironment(of: $0.value, environment))
        })
    }
    return LocatedJSON(location: value.location, content: content)
  }

  private func expand(_ text: String, _ environment: [String: String], at location: SourceLocation) -> String {
    var result = ""
    var isComplete = true
    var hasVariable = false
    defer {
      if !isComplete { settle(location) }
      if hasVariable && !result.isEmpty { textsOfVariables[result] = text }
    }
    var rest = text.unicodeScalars[...]
    while let dollar = rest.firstIndex(of: "$") {
      result.unicodeScalars += rest[..<dollar]
      rest = rest[dollar...]
      if rest.starts(with: "$${".unicodeScalars) {
        result += "${"
        rest = rest.dropFirst(3)
      } else if rest.starts(with: "${".unicodeScalars) {
        guard let end = rest.firstIndex(of: "}") else {
          isComplete = false
          error(at: location, "'${' without '}'; write '$${' for the characters themselves")
          return result
        }
        let name = String(rest[..<end].dropFirst(2))
        rest = rest[end...].dropFirst()
        if !Self.isVariableName(name) {
          isComplete = false
          let hint = name.utf8.contains(UInt8(ascii: ":")) ? " (there is no way to give a default)" : ""
          error(
            at: location,
            "'${\(name)}' names no environment variable\(hint); write '$${' for the characters themselves")
        } else if let value = environment[name] {
          result += value
          hasVariable = true
        } else {
          isComplete = false
          error(at: location, "the environment variable '\(name)' is not set")
        }
      } else {
        result += "$"
        rest = rest.dropFirst()
      }
    }
    result.unicodeScalars += rest
    return result
  }

  private static func isVariableName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first &- 48 >= 10 else { return false }
    return name.utf8.allSatisfy { ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "_") }
  }
}
