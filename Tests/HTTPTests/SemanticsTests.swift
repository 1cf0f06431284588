import Bytes
import HTTP
import Testing

@Suite struct `Dates` {
  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    (Int.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
  ])
  func `are written as HTTP writes them`(_ seconds: Int, _ expected: String) {
    #expect(CalendarTime(unixSeconds: seconds).imfFixdate == expected)
  }
}

@Suite struct `Cookies and parameters` {
  private func pairs(_ text: String, _ next: (Span<UInt8>, inout Int) -> NamedValue?) -> [String] {
    let bytes = Array(text.utf8)
    var position = 0
    var pairs: [String] = []
    while let pair = next(bytes.span, &position) {
      pairs.append("\(bytes.span.extracting(pair.name).text)|\(bytes.span.extracting(pair.value).text)")
    }
    return pairs
  }

  @Test(arguments: [
    ("", []), ("a=1", ["a|1"]), ("a=1; b=2;c=3", ["a|1", "b|2", "c|3"]), ("a; b=; =c", ["a|", "b|", "|c"]),
    (";; a=1 ;", ["a|1"]), ("a=b=c", ["a|b=c"]),
  ])
  func `cookies are told apart by semicolons`(_ text: String, _ expected: [String]) {
    #expect(pairs(text) { $0.nextCookie(&$1) } == expected)
  }

  @Test(arguments: [
    ("", []), ("a=1&b=2", ["a|1", "b|2"]), ("&&a&b=&=c&", ["a|", "b|", "|c"]), ("a=1;b=2", ["a|1;b=2"]),
  ])
  func `parameters are told apart by ampersands`(_ text: String, _ expected: [String]) {
    #expect(pairs(text) { $0.nextParameter(&$1) } == expected)
  }

  @Test(arguments: [
    ("access_token", true), ("access%5ftoken", true), ("%61ccess_token", true), ("access_tokens", false),
    ("access+token", false),
    ("access%token", false), ("", false),
  ])
  func `a parameter's name is read as a server reads it`(_ text: String, _ isSame: Bool) {
    let bytes = Array(text.utf8)
    let name = Array("access_token".utf8)
    let result = bytes.span.equalsDecoded(name.span)
    #expect(result == isSame)
  }
}

@Suite struct `Statuses` {
  @Test func `have the words of the standard, or none`() {
    #expect("\(Status.phrase(200))" == "OK")
    #expect("\(Status.phrase(431))" == "Request Header Fields Too Large")
    #expect("\(Status.phrase(299))" == "")
  }

  @Test func `of refusals are those of the contract`() {
    let statuses: [(HeadRejection, Int)] = [
      (.malformedField, 400), (.ambiguousPath(.aboveRoot), 400), (.connectRefused, 405), (.traceRefused, 405),
      (.targetTooLong, 414),
      (.unsupportedExpectation, 417), (.headTooLarge, 431), (.tooManyFields, 431), (.unsupportedVersion, 505),
    ]
    for (rejection, status) in statuses { #expect(rejection.status == status) }
  }

  @Test func `of refusals come with a word each`() {
    let reasons = ResponseRejection.allCases.map { "\($0.reason)" }
    #expect(Set(reasons).count == reasons.count)
    for rejection in ChunkRejection.allCases {
      #expect(!"\(rejection.reason)".isEmpty && !"\(rejection.message)".isEmpty)
    }
  }
}

@Suite struct `Request ids` {
  @Test(arguments: [
    (0 as UInt64, 0 as UInt64, "00000000000000000000000000000000"),
    (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, "0123456789abcdeffedcba9876543210"),
    (.max, 1, "ffffffffffffffff0000000000000001"),
  ])
  func `are 32 hexadecimal digits`(_ high: UInt64, _ low: UInt64, _ text: String) {
    #expect(RequestID(high: high, low: low).text == text)
  }
}
