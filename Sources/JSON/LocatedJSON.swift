import Bytes

/// A value of a JSON file and where it stands, for messages that say where something is wrong.
package struct LocatedJSON: Sendable {
  package let location: SourceLocation
  package let content: Content

  package enum Content: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case list([LocatedJSON])
    case object([Member])
  }

  package struct Member: Sendable {
    package let name: String
    package let nameLocation: SourceLocation
    package let value: LocatedJSON

    package init(name: String, nameLocation: SourceLocation, value: LocatedJSON) {
      self.name = name
      self.nameLocation = nameLocation
      self.value = value
    }
  }

  package init(location: SourceLocation, content: Content) {
    self.location = location
    self.content = content
  }

  /// The value without places.
  package var value: JSONValue {
    switch content {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .number(let number): .number(number)
    case .string(let text): .string(text)
    case .list(let elements): .array(elements.map(\.value))
    case .object(let members):
      .object(JSONObject(uniqueMembers: members.map { JSONObject.Member(name: $0.name, value: $0.value.value) }))
    }
  }

  /// The kind of value with its article, for messages: "a string", "null".
  package var kind: String {
    switch content {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .number: "a number"
    case .string: "a string"
    case .list: "a list"
    case .object: "an object"
    }
  }
}

/// A file as it was read: its value, and the errors that did not keep it from being read to the end.
package struct LocatedDocument: Sendable {
  package let root: LocatedJSON
  /// Members that stand twice, in the order of the text; the first of each name is in `root`.
  package let duplicates: [JSONError]
}

extension JSONReader {
  /// Reads a file of the operator's own: JSON with `//` and `/* */` comments and trailing commas, everything with its place.
  ///
  /// - Throws: the first error of the text that keeps the rest from being understood.
  package static func parseDocument(
    _ bytes: Span<UInt8>, limits: JSONLimits = .file
  ) throws(JSONError) -> LocatedDocument {
    do throws(JSONFault) {
      var scanner = JSONScanner(bytes, dialect: .commented, limits: limits)
      var builder = DocumentBuilder()
      try scanner.begin()
      let root = try builder.value(&scanner, depth: 0)
      try scanner.end()
      return LocatedDocument(root: root, duplicates: builder.duplicates)
    } catch {
      throw error.located(in: bytes)
    }
  }
}

private struct DocumentBuilder {
  private var cursor = LocationCursor()
  private(set) var duplicates: [JSONError] = []

  mutating func value(_ scanner: inout JSONScanner, depth: Int) throws(JSONFault) -> LocatedJSON {
    let location = cursor.location(of: scanner.position, in: scanner.bytes)
    let content: LocatedJSON.Content
    switch scanner.current {
    case UInt8(ascii: "\""): content = .string(try scanner.string())
    case UInt8(ascii: "{"): content = .object(try object(&scanner, depth: depth &+ 1))
    case UInt8(ascii: "["): content = .list(try list(&scanner, depth: depth &+ 1))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): content = .number(try scanner.number())
    default:
      switch try scanner.literal() {
      case .bool(let flag): content = .bool(flag)
      case .null, .number, .string, .array, .object: content = .null
      }
    }
    return LocatedJSON(location: location, content: content)
  }

  private mutating func object(
    _ scanner: inout JSONScanner, depth: Int
  ) throws(JSONFault) -> [LocatedJSON.Member] {
    try enter(&scanner, depth: depth)
    var members: [LocatedJSON.Member] = []
    var names: Set<ExactText> = []
    var count = 0
    while try scanner.next(in: .object, after: count) {
      count &+= 1
      let offset = scanner.position
      let location = cursor.location(of: offset, in: scanner.bytes)
      let name = try scanner.memberName()
      let value = try value(&scanner, depth: depth)
      if names.insert(ExactText(name)).inserted {
        members.append(LocatedJSON.Member(name: name, nameLocation: location, value: value))
      } else {
        duplicates.append(JSONError(kind: .duplicateMember(name), offset: offset, location: location))
      }
    }
    return members
  }

  private mutating func list(_ scanner: inout JSONScanner, depth: Int) throws(JSONFault) -> [LocatedJSON] {
    try enter(&scanner, depth: depth)
    var elements: [LocatedJSON] = []
    while try scanner.next(in: .list, after: elements.count) { elements.append(try value(&scanner, depth: depth)) }
    return elements
  }

  private func enter(_ scanner: inout JSONScanner, depth: Int) throws(JSONFault) {
    if depth > scanner.limits.depth { throw JSONFault(.tooDeep(scanner.limits.depth), at: scanner.position) }
    scanner.position &+= 1
  }
}
