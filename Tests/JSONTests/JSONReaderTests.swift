import Bytes
import JSON
import Testing

/// The texts that the strict reader takes and refuses.
///
/// The names are those of the classes of JSONTestSuite: y_ must be read, n_ must not.
@Suite struct JSONReaderTests {
  static let taken: [(String, JSONValue)] = [
    ("[]", .array([])),
    (" \t\r\n[ ]\n", .array([])),
    ("{}", .object([:])),
    ("null", .null),
    ("true", .bool(true)),
    ("false", .bool(false)),
    ("\"\"", .string("")),
    ("[null, 1, \"1\", {}]", .array([.null, .number(JSONNumber(1)), .string("1"), .object([:])])),
    (
      "{\"a\":{\"b\":[1,2]}}", .object(["a": .object(["b": .array([.number(JSONNumber(1)), .number(JSONNumber(2))])])])
    ),
    (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
    (#""\u0041\u00e9\u20AC""#, .string("Aé€")),
    (#""\uD83D\uDE00x""#, .string("😀x")),
    (#""\uDBFF\uDFFF""#, .string("\u{10FFFF}")),
    (#""a\u0000b""#, .string("a\u{0}b")),
    (#""\uFFFC\uFDCF""#, .string("\u{FFFC}\u{FDCF}")),
    ("\"é€😀\u{7F}\u{2028}\u{10FFFF}\"", .string("é€😀\u{7F}\u{2028}\u{10FFFF}")),
    ("{\"\":0}", .object(["": .number(JSONNumber(0))])),
    (#"{"a\u0062":1,"ac":2}"#, .object(["ab": .number(JSONNumber(1)), "ac": .number(JSONNumber(2))])),
    ("{\"a\":1,\"A\":2}", .object(["a": .number(JSONNumber(1)), "A": .number(JSONNumber(2))])),
  ]

  @Test(arguments: taken) func `y: is read as what it means`(text: String, value: JSONValue) throws {
    #expect(try JSONReader.parse(text.utf8Span.span) == value)
  }

  static let refused: [(String, JSONError.Kind, Int)] = [
    ("", .unexpectedEnd, 0),
    ("  ", .unexpectedEnd, 2),
    ("\u{FEFF}{}", .byteOrderMark, 0),
    ("\u{A0}1", .valueExpected, 0),
    ("[1\u{C}]", .commaOrBracketExpected, 2),
    ("\u{0}", .valueExpected, 0),
    ("nul", .literalUnknown, 0),
    ("True", .literalUnknown, 0),
    ("NaN", .literalUnknown, 0),
    ("truex", .literalUnknown, 0),
    ("'a'", .valueExpected, 0),
    ("1 2", .textAfterValue, 2),
    ("{}}", .textAfterValue, 2),
    ("[1]x", .textAfterValue, 3),
    ("[", .unexpectedEnd, 1),
    ("[1", .unexpectedEnd, 2),
    ("[1,", .unexpectedEnd, 3),
    ("[1,]", .valueExpected, 3),
    ("[,1]", .valueExpected, 1),
    ("[1 2]", .commaOrBracketExpected, 3),
    ("[1}", .commaOrBracketExpected, 2),
    ("[1:2]", .commaOrBracketExpected, 2),
    ("{", .unexpectedEnd, 1),
    ("{\"a\"", .unexpectedEnd, 4),
    ("{\"a\":", .unexpectedEnd, 5),
    ("{\"a\":1", .unexpectedEnd, 6),
    ("{\"a\":1,}", .memberNameExpected, 7),
    ("{a:1}", .memberNameExpected, 1),
    ("{1:1}", .memberNameExpected, 1),
    ("{'a':1}", .memberNameExpected, 1),
    ("{\"a\" 1}", .colonExpected, 5),
    ("{\"a\"::1}", .valueExpected, 5),
    ("{\"a\":1 \"b\":2}", .commaOrBraceExpected, 7),
    ("{\"a\":1]", .commaOrBraceExpected, 6),
    ("{\"a\":1,,\"b\":2}", .memberNameExpected, 7),
    ("{\"a\":1,\"a\":1}", .duplicateMember("a"), 7),
    (#"{"a":1,"\u0061":2}"#, .duplicateMember("a"), 7),
    (#"{"x":{"a":1,"b":2,"a":3}}"#, .duplicateMember("a"), 18),
    ("// c\n1", .valueExpected, 0),
    ("[1 /* c */]", .commaOrBracketExpected, 3),
    ("\"a", .stringUnterminated, 0),
    ("[\"a", .stringUnterminated, 1),
    ("\"a\\", .unexpectedEnd, 3),
    ("\"a\\\"", .stringUnterminated, 0),
    ("\"a\nb\"", .controlCharacter, 2),
    ("\"\\n\tb\"", .controlCharacter, 3),
    ("\"\u{0}\"", .controlCharacter, 1),
    (#""\x""#, .escapeUnknown, 1),
    (#""\'""#, .escapeUnknown, 1),
    (#""\U0041""#, .escapeUnknown, 1),
    (#""\u00G0""#, .escapeUnknown, 1),
    (#""\u{41}""#, .escapeUnknown, 1),
    (#""\u004"#, .unexpectedEnd, 6),
    (#""\uD800""#, .loneSurrogate, 1),
    (#""\uDC00""#, .loneSurrogate, 1),
    (#""\uD800x""#, .loneSurrogate, 1),
    (#""\uD800\n""#, .loneSurrogate, 1),
    (#""\uD800\uD800""#, .loneSurrogate, 1),
    (#""\uD800\u0041""#, .loneSurrogate, 1),
    (#""\uD800\uZZZZ""#, .escapeUnknown, 7),
    ("-", .unexpectedEnd, 1),
    ("[-]", .numberMalformed, 2),
    ("+1", .valueExpected, 0),
    (".5", .valueExpected, 0),
    ("[1.]", .numberMalformed, 3),
    ("[1.e1]", .numberMalformed, 3),
    ("01", .numberLeadingZero, 0),
    ("-01", .numberLeadingZero, 0),
    ("00", .numberLeadingZero, 0),
    ("[1e]", .numberMalformed, 3),
    ("[1e+]", .numberMalformed, 4),
    ("1e", .unexpectedEnd, 2),
    ("0x1", .textAfterValue, 1),
    ("1_000", .textAfterValue, 1),
    ("-Infinity", .numberMalformed, 1),
    ("Infinity", .literalUnknown, 0),
    ("1e309", .numberOutOfRange, 0),
    ("-1e400", .numberOutOfRange, 0),
    ("1e401", .numberOutOfRange, 0),
    ("1e-401", .numberOutOfRange, 0),
    ("1e99999999999999999999999999999999", .numberOutOfRange, 0),
    ("123456789012345678901234567890123", .numberTooLong(32), 0),
    ("0.123456789012345678901234567890123", .numberTooLong(32), 0),
  ]

  @Test(arguments: refused) func `n: is refused, with what is wrong and where`(
    text: String, kind: JSONError.Kind, offset: Int
  ) {
    let error = #expect(throws: JSONError.self) { try JSONReader.parse(text.utf8Span.span) }
    #expect(error?.kind == kind)
    #expect(error?.offset == offset)
  }

  static let notUTF8: [([UInt8], Int)] = [
    ([0x80], 0),
    ([0x61, 0xFF], 1),
    ([0xC0, 0xAF], 0),
    ([0xC1, 0xBF], 0),
    ([0xE0, 0x80, 0xAF], 0),
    ([0xED, 0xA0, 0x80], 0),
    ([0xED, 0xB0, 0x80], 0),
    ([0xF0, 0x80, 0x80, 0xAF], 0),
    ([0xF4, 0x90, 0x80, 0x80], 0),
    ([0xF5, 0x80, 0x80, 0x80], 0),
    ([0x61, 0x62, 0xE2, 0x82], 2),
    ([0x5C, 0x6E, 0xE2, 0x82], 2),
    ([0xE2, 0x82, 0x5C, 0x6E], 0),
  ]

  @Test(arguments: notUTF8) func `n: a string that is not UTF-8 is refused`(bytes: [UInt8], offset: Int) {
    let text = [0x22] + bytes + [0x22]
    let error = #expect(throws: JSONError.self) { try JSONReader.parse(text.span) }
    #expect(error?.kind == .invalidUTF8)
    #expect(error?.offset == offset + 1)
  }

  static let numbers: [(String, Int?)] = [
    ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("1.0", nil), ("1e2", nil), ("1E+2", nil), ("12e-1", nil),
    ("0.1", nil),
    ("0e0", nil), ("0.00001", nil), ("-2.5e-3", nil), ("1700000000.123456", nil),
    ("9007199254740991", 9_007_199_254_740_991),
    ("9007199254740992", nil), ("-9007199254740991", -9_007_199_254_740_991), ("18446744073709551616", nil),
    ("123456789012345678", nil), ("1e308", nil), ("1.7976931348623157e308", nil), ("5e-324", nil), ("1e-400", nil),
    ("2.2250738585072014e-308", nil), ("0.1e23", nil), ("1e22", nil), ("1e23", nil), ("0.30000000000000004", nil),
    ("12345678901234567890123456789012", nil), ("0.0000000000000000000000000000001", nil),
  ]

  @Test(arguments: numbers) func `a number has its exact value and its text`(text: String, integer: Int?) throws {
    let number = try #require(try JSONReader.parse(text.utf8Span.span).number)
    #expect(number.double == Double(text))
    #expect(number.integer == integer)
    #expect(number.text == text)
  }

  @Test(
    arguments: [
      ("1e309", .infinity), ("-1e309", -.infinity), ("1e99999999999999999999", .infinity), ("1e-401", 0),
      ("281674916028284930", 281_674_916_028_284_928), ("1.50", 1.5),
      ("123456789012345678901234567890123", 1.2345678901234568e32),
    ] as [(String, Double)])
  func `a number of a token is kept as it is written until somebody asks for its value`(text: String, value: Double)
    throws
  {
    let number = try #require(try JSONReader.parse(text.utf8Span.span, limits: .token).number)
    #expect(number.text == text)
    #expect(number.double == value)
    #expect(number == number)
  }

  @Test func `a long number is no work for who does not ask for its value`() throws {
    for text in [String(repeating: "9", count: 12_000), "0." + String(repeating: "1", count: 12_000)] {
      let number = try #require(try JSONReader.parse(text.utf8Span.span, limits: .token).number)
      #expect(number.text == text)
      #expect(number.double == Double(text))
    }
    for text in ["01", "1.", "1e", "-", "+1", "1e+"] {
      #expect(throws: JSONError.self) { try JSONReader.parse(text.utf8Span.span, limits: .token) }
    }
  }

  @Test func `numbers are equal by value, and by text where doubles run together`() throws {
    func number(_ text: String) throws -> JSONNumber { try #require(try JSONReader.parse(text.utf8Span.span).number) }
    #expect(try number("1") == number("1.0"))
    #expect(try number("100") == number("1e2"))
    #expect(try number("9007199254740992") != number("9007199254740993"))
    #expect(try number("9007199254740993") == number("9007199254740993"))
  }

  @Test func `strings of one normal form are different values, and two names of one object`() throws {
    let composed = JSONValue.string("caf\u{E9}")
    #expect(composed != .string("cafe\u{301}"))
    #expect("cafe\u{301}".equalsExactly("caf\u{E9}") == false)
    for count in [0, 40] {
      let others = (0..<count).map { "\"m\($0)\":0," }.joined()
      let text = "{\(others)\"caf\u{E9}\":1,\"cafe\u{301}\":2}"
      let object = try #require(try JSONReader.parse(text.utf8Span.span).object)
      #expect(object.count == count + 2)
      #expect(object["caf\u{E9}"] == .number(JSONNumber(1)))
      #expect(object["cafe\u{301}"] == .number(JSONNumber(2)))
      #expect(try JSONReader.parseDocument(text.utf8Span.span).duplicates.isEmpty)
    }
  }

  @Test func `a name that is spelt with escapes is the same name`() {
    let text = #"{"caf\u00e9":1,"caf\#u{E9}":2}"#
    let error = #expect(throws: JSONError.self) { try JSONReader.parse(text.utf8Span.span) }
    #expect(error?.kind == .duplicateMember("caf\u{E9}"))
  }

  static let escaped: [(String, String)] = [
    (#""\n""#, "\n"), (#""a\nb\"c""#, "a\nb\"c"), (#""\u00e9é\ud83d\ude00😀""#, "é\u{E9}😀😀"), (#""\\\/""#, "\\/"),
    (#""é\u0000é""#, "é\0é"), (#""\b\f\r\t""#, "\u{8}\u{C}\r\t"),
  ]

  @Test(arguments: escaped) func `escapes stand for their characters`(_ text: String, _ expected: String) throws {
    let string = try #require(try JSONReader.parse(text.utf8Span.span).string)
    #expect(string.utf8.elementsEqual(expected.utf8))
  }

  @Test(arguments: [(#""a\n"#, [UInt8(0xFF)]), (#""\u00e9a"#, [0xC3]), (#""é\n\n"#, [0xE2, 0x82])])
  func `bytes that are no text are refused beside escapes`(_ beginning: String, _ bytes: [UInt8]) {
    let text = Array(beginning.utf8) + bytes + Array(#"\n""#.utf8)
    let error = #expect(throws: JSONError.self) { try JSONReader.parse(text.span) }
    #expect(error?.kind == .invalidUTF8)
    #expect(error?.offset == beginning.utf8.count)
  }

  @Test func `nesting is read to the limit and refused behind it`() throws {
    let limit = JSONLimits.token.depth
    let deepest = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
    _ = try JSONReader.parse(deepest.utf8Span.span)
    let deeper = String(repeating: "[", count: 100_000)
    let error = #expect(throws: JSONError.self) { try JSONReader.parse(deeper.utf8Span.span) }
    #expect(error?.kind == .tooDeep(limit))
    #expect(error?.offset == limit)
  }

  @Test func `members and elements are read to the limit and refused behind it`() throws {
    func object(_ count: Int) -> String { "{" + (0..<count).map { "\"m\($0)\":0" }.joined(separator: ",") + "}" }
    func list(_ count: Int) -> String { "[" + (0..<count).map { _ in "0" }.joined(separator: ",") + "]" }
    #expect(try JSONReader.parse(list(6000).utf8Span.span, limits: .token).array?.count == 6000)
    #expect(try JSONReader.parse(object(6000).utf8Span.span, limits: .token).object?.count == 6000)
    #expect(try JSONReader.parse(object(1024).utf8Span.span).object?.count == 1024)
    #expect(try JSONReader.parse(list(1024).utf8Span.span).array?.count == 1024)
    for text in [object(1025), list(1025)] {
      let error = #expect(throws: JSONError.self) { try JSONReader.parse(text.utf8Span.span) }
      #expect(error?.kind == .tooMany(1024))
    }
  }

  @Test func `a name that stands twice is found among many`() {
    for count in [15, 16, 17, 40, 500] {
      let names = (0..<count).map { "\"m\($0)\":0" }.joined(separator: ",")
      for twin in [0, count / 2, count - 1] {
        let text = "{\(names),\"m\(twin)\":1}"
        let error = #expect(throws: JSONError.self) { try JSONReader.parse(text.utf8Span.span) }
        #expect(error?.kind == .duplicateMember("m\(twin)"))
      }
    }
  }

  @Test func `a string is read to the limit and refused behind it`() throws {
    let limits = JSONLimits(depth: 1, members: 1, stringBytes: 8)
    #expect(try JSONReader.parse("\"1234567\"".utf8Span.span, limits: limits) == .string("1234567"))
    for text in ["\"123456789\"", "\"\\n1234567\""] {
      let error = #expect(throws: JSONError.self) { try JSONReader.parse(text.utf8Span.span, limits: limits) }
      #expect(error?.kind == .stringTooLong)
    }
  }

  @Test func `an error is placed by lines and characters`() {
    let text = "{\n  \"é€😀\": tru\n}"
    let error = #expect(throws: JSONError.self) { try JSONReader.parse(text.utf8Span.span) }
    #expect(error?.location == SourceLocation(line: 2, column: 10))
    #expect(error?.message == "expected a value; the only words are true, false and null")
  }
}
