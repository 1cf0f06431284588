import Bytes

/// Reads JSON texts into values.
package enum JSONReader {
  /// Reads a text that holds one value, as RFC 8259 has it and no other way: for what strangers send.
  ///
  /// Valid UTF-8 without lone surrogates, no name twice in an object (names are compared unescaped, byte by byte), numbers finite,
  /// everything within the limits. Takes time linear in the text.
  /// - Throws: the first error of the text.
  package static func parse(_ bytes: Span<UInt8>, limits: JSONLimits = .usual) throws(JSONError) -> JSONValue {
    do throws(JSONFault) {
      var scanner = JSONScanner(bytes, dialect: .strict, limits: limits)
      try scanner.begin()
      let value = try scanner.value(depth: 0)
      try scanner.end()
      return value
    } catch {
      throw error.located(in: bytes)
    }
  }
}

extension JSONScanner {
  fileprivate mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    switch current {
    case UInt8(ascii: "\""): .string(try string())
    case UInt8(ascii: "{"): .object(try object(depth: depth &+ 1))
    case UInt8(ascii: "["): .array(try list(depth: depth &+ 1))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number(try number())
    default: try literal()
    }
  }

  private mutating func object(depth: Int) throws(JSONFault) -> JSONObject {
    if depth > limits.depth { throw JSONFault(.tooDeep(limits.depth), at: position) }
    position &+= 1
    var members: [JSONObject.Member] = []
    var names = NameSet()
    while try next(in: .object, after: members.count) {
      if members.isEmpty { members.reserveCapacity(8) }
      let place = position
      let name = try memberName()
      guard names.insert(name, after: members) else { throw JSONFault(.duplicateMember(name), at: place) }
      members.append(JSONObject.Member(name: name, value: try value(depth: depth)))
    }
    return JSONObject(uniqueMembers: members)
  }

  private mutating func list(depth: Int) throws(JSONFault) -> [JSONValue] {
    if depth > limits.depth { throw JSONFault(.tooDeep(limits.depth), at: position) }
    position &+= 1
    var elements: [JSONValue] = []
    while try next(in: .list, after: elements.count) { elements.append(try value(depth: depth)) }
    return elements
  }
}

/// The names of an object so far: looked through while they are few, hashed (with the process's own seed) once they are many.
private struct NameSet {
  private static let few = 16
  private var hashed: Set<ExactText> = []

  /// False if the name was there.
  mutating func insert(_ name: String, after members: [JSONObject.Member]) -> Bool {
    if members.count < Self.few {
      for member in members where member.name.equalsExactly(name) { return false }
      return true
    }
    if hashed.isEmpty { hashed = Set(members.map { ExactText($0.name) }) }
    return hashed.insert(ExactText(name)).inserted
  }
}
