import Bytes
import HTTP
import Testing

@testable import HTTPClient

@Suite struct `How long a response says that it is fresh` {
  @Test(
    arguments: [
      ([], nil), (["Cache-Control: public"], nil), (["Cache-Control:"], nil), (["Expires: 0"], nil),
      (["Cache-Control: max-age=600"], 600), (["cache-control: PUBLIC, MAX-AGE=600, must-revalidate"], 600),
      (["Cache-Control: max-age=\"600\""], 600), (["Cache-Control: max-age=600", "Cache-Control: max-age=60"], 60),
      (["Cache-Control: max-age=600, max-age=60"], 60), (["Cache-Control: s-maxage=600"], nil),
      (["Cache-Control: max-age=600", "Age: 100"], 500), (["Cache-Control: max-age=600", "Age: 1000"], 0),
      (["Cache-Control: max-age=600", "Age: x"], 600), (["Age: 100"], nil),
      (["Cache-Control: no-store"], 0), (["Cache-Control: max-age=600, no-cache"], 0),
      (["Cache-Control: No-Store, max-age=600"], 0),
      (["Cache-Control: max-age=-1"], 0), (["Cache-Control: max-age="], 0), (["Cache-Control: max-age=1.5"], 0),
      (["Cache-Control: max-age=0x10"], 0), (["Cache-Control: max-age=99999999999999999999999999"], 1 << 31),
      (["Cache-Control: max-age =600"], nil), (["Cache-Control: ,,,max-age=5,,"], 5),
    ] as [([String], Int64?)])
  func `in seconds`(_ fields: [String], _ expected: Int64?) throws {
    let text = (["HTTP/1.1 200 OK"] + fields + ["", ""]).joined(separator: "\r\n")
    var parser = ResponseHeadParser()
    var head = ResponseHead()
    let parse = parser.parse(text.utf8Span.span, requestMethod: .get, into: &head)
    #expect(parse == .complete(byteCount: text.utf8.count))
    #expect(CacheLifetime.seconds(of: head.fields) == expected)
  }
}
