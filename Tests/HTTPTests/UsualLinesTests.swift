import Bytes
import HTTP
import Testing

/// The quick ways of the parsers, which take usual lines at once, held against the slow ones, which judge octet by octet.
@Suite struct `A line that is read at once` {
  private static let request = [
    "GET /a/b.c/d-e_f?q=1 HTTP/1.1", "Host: a.example:8080", "X-Custom: abcdefgh",
    "Authorization: Bearer abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.abcdefghij", "Access-Control-Max: 1",
  ]
  private static let response = ["HTTP/1.1 200 OK", "Content-Length: 12", "Date: today", "Sec-WebSocket-Extensions: a"]
  /// Octets at the borders of the classes.
  private static let octets: [UInt8] = [
    0, 9, 10, 13, 31, 32, 33, 34, 35, 37, 45, 46, 47, 48, 58, 59, 63, 64, 65, 90, 91, 92, 94, 95, 97, 122, 126, 127,
    128, 255,
  ]

  /// Just before the end of each line, so that none is complete when it is first seen.
  private static func cuts(_ bytes: [UInt8]) -> Cut {
    .places(bytes.indices.filter { bytes[$0] == 0x0A })
  }

  private static func variants(_ lines: [String]) -> [[UInt8]] {
    let bytes = Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    return bytes.indices.flatMap { place in
      octets.flatMap { octet in
        var changed = bytes
        changed[place] = octet
        var longer = bytes
        longer.insert(octet, at: place)
        return [changed, longer]
      }
    }
  }

  @Test func `is the same as when it comes in pieces, whatever octet stands where`() {
    for bytes in Self.variants(Self.request) {
      let whole = Readings.request(bytes)
      let pieces = Readings.request(bytes, cut: Self.cuts(bytes))
      #expect(whole == pieces, "\(Corpus.escaped(bytes))")
    }
  }

  @Test func `of a response is the same as when it comes in pieces`() {
    for bytes in Self.variants(Self.response) {
      let whole = Readings.response(bytes)
      let pieces = Readings.response(bytes, cut: Self.cuts(bytes))
      #expect(whole == pieces, "\(Corpus.escaped(bytes))")
    }
  }

  @Test(arguments: 1...40) func `has a name of any length`(count: Int) {
    for name in [String(repeating: "x", count: count), String(repeating: "a-", count: count).prefix(count).description]
    {
      for value in [0, 1, 7, 8, 9, 23, 24, 25, 31, 32, 33, 63, 64, 65, 200].map({ String(repeating: "v", count: $0) }) {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(name): \(value)\r\n\r\n".utf8)
        let whole = Readings.request(bytes)
        #expect(whole == Readings.request(bytes, cut: Self.cuts(bytes)))
        #expect(whole.contains(value.isEmpty ? "field \(name):" : "field \(name): \(value)"))
      }
    }
  }
}
