import Bytes
import JSON

/// An object of the file whose keys have been checked.
struct ObjectReader {
  let location: SourceLocation
  let members: [LocatedJSON.Member]

  subscript(key: String) -> LocatedJSON? { members.first { $0.name == key }?.value }

  func place(of key: String) -> SourceLocation { members.first { $0.name == key }?.nameLocation ?? location }
}

extension Loading {
  /// The object, if it is one; its unknown keys, and those of later versions, are reported.
  func object(_ value: LocatedJSON, _ kind: ObjectKind) -> ObjectReader? {
    guard case .object(let members) = value.content else {
      error(at: value.location, kind.explainNoObject(value))
      return nil
    }
    for member in members where !kind.keys.contains(member.name) {
      if kind.later.contains(member.name) {
        notSupported("'\(member.name)'", at: member.nameLocation)
      } else {
        error(at: member.nameLocation, kind.explainUnknown(member.name))
      }
    }
    return ObjectReader(location: value.location, members: members)
  }

  /// Says that the interface has this, and this version does not.
  func notSupported(_ what: String, at location: SourceLocation) {
    error(at: location, "\(what) is \(ObjectKind.notSupported)")
  }

  /// The object, unless it is turned off with `false`.
  func objectOrFalse(_ value: LocatedJSON, _ kind: ObjectKind) -> ObjectReader? {
    switch value.content {
    case .bool(false): return nil
    case .object: return object(value, kind)
    case .null, .bool, .number, .string, .list:
      error(at: value.location, kind.explainNoObject(value, orFalse: true))
      return nil
    }
  }

  /// A member of an object that has been read before.
  func member(_ key: String, of value: LocatedJSON?) -> LocatedJSON? {
    guard case .object(let members)? = value?.content else { return nil }
    return members.first { $0.name == key }?.value
  }

  /// The members of an object whose names are the operator's own.
  func table(_ value: LocatedJSON?) -> [LocatedJSON.Member] {
    guard let value else { return [] }
    guard case .object(let members) = value.content else {
      error(at: value.location, "expected an object, found \(value.kind): write {\"NAME\": …}")
      return []
    }
    return members
  }

  func required(_ key: String, of object: ObjectReader) -> LocatedJSON? {
    let value = object[key]
    if value == nil { error(at: object.location, "'\(key)' is missing") }
    return value
  }

  func string(_ value: LocatedJSON?) -> Located<String>? {
    guard let value else { return nil }
    guard case .string(let text) = value.content else {
      error(at: value.location, "expected a string, found \(value.kind)\(Self.only(value))")
      return nil
    }
    return Located(text, at: value.location)
  }

  /// The string that a list of one entry probably means; for a message.
  private static func only(_ value: LocatedJSON) -> String {
    guard case .list(let entries) = value.content, entries.count == 1, case .string(let text) = entries[0].content,
      1...100 ~= text.utf8.count
    else { return "" }
    var written = ByteBuffer(capacity: 128)
    written.appendJSON(entries[0].value)
    return ": write \(written.readable.text)"
  }

  func nonEmptyString(_ value: LocatedJSON?) -> Located<String>? {
    guard let text = string(value) else { return nil }
    guard !text.value.isEmpty else {
      error(at: text.location, "expected a string that is not empty")
      return nil
    }
    return text
  }

  func bool(_ value: LocatedJSON?) -> Bool? {
    guard let value else { return nil }
    guard case .bool(let flag) = value.content else {
      var hint = ""
      if case .string(let text) = value.content, text == "true" || text == "false" {
        hint = ": write \(text) without quotes"
      }
      error(at: value.location, "expected true or false, found \(value.kind)\(hint)")
      return nil
    }
    return flag
  }

  func integer(_ value: LocatedJSON?, in range: ClosedRange<Int>) -> Int? {
    guard let value else { return nil }
    guard case .number(let number) = value.content else {
      var hint = ""
      if case .string(let text) = value.content, let number = Int(text) { hint = ": write \(number) without quotes" }
      error(at: value.location, "expected a number, found \(value.kind)\(hint)")
      return nil
    }
    guard let integer = number.integer, range.contains(integer) else {
      error(at: value.location, "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return integer
  }

  func list(_ value: LocatedJSON?) -> [LocatedJSON]? {
    guard let value else { return nil }
    guard case .list(let elements) = value.content else {
      error(at: value.location, "expected a list, found \(value.kind)\(Self.listing(value))")
      return nil
    }
    return elements
  }

  /// The list that its only entry probably means; for a message.
  private static func listing(_ value: LocatedJSON) -> String {
    switch value.content {
    case .string(let text):
      guard 1...100 ~= text.utf8.count else { return "" }
      var written = ByteBuffer(capacity: 128)
      written.appendJSON(value.value)
      return ": write [\(written.readable.text)]"
    case .object: return ": write [{…}]"
    case .null, .bool, .number, .list: return ""
    }
  }

  func nonEmptyList(_ value: LocatedJSON?) -> [LocatedJSON]? {
    guard let value, let elements = list(value) else { return nil }
    guard !elements.isEmpty else {
      error(at: value.location, "expected a list with at least one entry")
      return nil
    }
    return elements
  }

  /// The elements of a list, or a single value as a list of one.
  func elements(_ value: LocatedJSON) -> [LocatedJSON] {
    if case .list(let elements) = value.content { elements } else { [value] }
  }

  /// As ``elements(_:)``, but at least one.
  func someElements(_ value: LocatedJSON) -> [LocatedJSON] {
    if case .list = value.content { return nonEmptyList(value) ?? [] }
    return [value]
  }

  /// Strings that are not empty, none twice.
  func words(_ values: [LocatedJSON]) -> [Located<String>] {
    var words: [Located<String>] = []
    for value in values {
      guard let word = nonEmptyString(value) else { continue }
      if words.contains(where: { $0.value.equalsExactly(word.value) }) {
        error(at: word.location, "'\(word.value)' is listed twice")
      } else {
        words.append(word)
      }
    }
    return words
  }

  /// One of a few words.
  func choice<Choice: CaseIterable & RawRepresentable<String>>(_ value: LocatedJSON?, _: Choice.Type) -> Choice? {
    guard let value else { return nil }
    if case .string(let text) = value.content, let choice = Choice(rawValue: text) { return choice }
    error(at: value.location, Self.notOneOf(Choice.allCases.map(\.rawValue), value))
    return nil
  }

  /// A word of which this version takes some, and the interface more.
  func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ value: LocatedJSON?, _ type: Choice.Type, later: [String]
  ) -> Choice? {
    if let value, case .string(let text) = value.content, later.contains(text) {
      notSupported("\"\(text)\"", at: value.location)
      return nil
    }
    return choice(value, type)
  }

  /// The message about a value that is none of the words.
  static func notOneOf(_ words: [String], _ value: LocatedJSON) -> String {
    guard case .string(let found) = value.content else {
      return "expected \(ObjectKind.alternatives(words.map { "\"\($0)\"" })), found \(value.kind)"
    }
    return notOneOf(words, found)
  }

  static func notOneOf(_ words: [String], _ found: String) -> String {
    let hint = Suggestion.nearest(to: found, among: words).map { "; did you mean \"\($0)\"?" } ?? ""
    return "expected \(ObjectKind.alternatives(words.map { "\"\($0)\"" })), found \"\(found)\"\(hint)"
  }
}
