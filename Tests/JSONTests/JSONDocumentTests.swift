import JSON
import Testing

/// Files of the operator's own: what they may have beyond RFC 8259, and where everything stands.
@Suite struct JSONDocumentTests {
  func parse(_ text: String) throws -> LocatedDocument { try JSONReader.parseDocument(text.utf8Span.span) }

  static let taken: [(String, JSONValue)] = [
    ("// c\n1", .number(JSONNumber(1))),
    ("1 // c", .number(JSONNumber(1))),
    ("/**/1/* c */", .number(JSONNumber(1))),
    ("/* * / // */ 1", .number(JSONNumber(1))),
    ("[1, /* c */ 2, ]", .array([.number(JSONNumber(1)), .number(JSONNumber(2))])),
    ("{\"a\" /* c */ : // c\n 1, }", .object(["a": .number(JSONNumber(1))])),
    ("[\"// no /* comment */\"]", .array([.string("// no /* comment */")])),
    ("[]", .array([])),
  ]

  @Test(arguments: taken) func `comments and a comma at the end are passed over`(text: String, value: JSONValue) throws
  {
    #expect(try parse(text).root.value == value)
  }

  static let refused: [(String, JSONError.Kind, JSON.SourceLocation)] = [
    ("[,]", .valueExpected, JSON.SourceLocation(line: 1, column: 2)),
    ("{,}", .memberNameExpected, JSON.SourceLocation(line: 1, column: 2)),
    ("[1,,]", .valueExpected, JSON.SourceLocation(line: 1, column: 4)),
    ("[1\n\n  2]", .commaOrBracketExpected, JSON.SourceLocation(line: 3, column: 3)),
    ("[1] /", .textAfterValue, JSON.SourceLocation(line: 1, column: 5)),
    ("/", .valueExpected, JSON.SourceLocation(line: 1, column: 1)),
    ("/ 1", .valueExpected, JSON.SourceLocation(line: 1, column: 1)),
    ("1 # c", .textAfterValue, JSON.SourceLocation(line: 1, column: 3)),
    ("1\n/*/", .commentUnterminated, JSON.SourceLocation(line: 2, column: 1)),
    ("// c", .unexpectedEnd, JSON.SourceLocation(line: 1, column: 5)),
    ("\u{FEFF}1", .byteOrderMark, JSON.SourceLocation(line: 1, column: 1)),
  ]

  @Test(arguments: refused) func `nothing else is`(text: String, kind: JSONError.Kind, location: JSON.SourceLocation) {
    let error = #expect(throws: JSONError.self) { try parse(text) }
    #expect(error?.kind == kind)
    #expect(error?.location == location)
  }

  @Test func `values and names have their places, in characters`() throws {
    let root = try parse("{\n  \"é😀\": [1, \"é\", true], // é\r\n\t\"b\": {}\n}").root
    #expect(root.location == JSON.SourceLocation(line: 1, column: 1))
    guard case .object(let members) = root.content, members.count == 2,
      case .list(let elements) = members[0].value.content
    else {
      Issue.record("an object of a list and an object")
      return
    }
    #expect(members[0].nameLocation == JSON.SourceLocation(line: 2, column: 3))
    #expect(members[0].value.location == JSON.SourceLocation(line: 2, column: 9))
    #expect(elements.map(\.location.column) == [10, 13, 18])
    #expect(members[1].nameLocation == JSON.SourceLocation(line: 3, column: 2))
    #expect(members[1].value.location == JSON.SourceLocation(line: 3, column: 7))
  }

  @Test func `members that stand twice are all told, and the rest is read`() throws {
    let document = try parse("{\"a\": 1, \"b\": {\"c\": 1, \"c\": {\"a\": 1}}, \"a\": 2, \"d\": 3}")
    #expect(
      document.root.value
        == .object([
          "a": .number(JSONNumber(1)), "b": .object(["c": .number(JSONNumber(1))]), "d": .number(JSONNumber(3)),
        ]))
    #expect(document.duplicates.map(\.message) == ["'c' stands here a second time", "'a' stands here a second time"])
    #expect(document.duplicates.map(\.location.column) == [24, 40])
  }
}
