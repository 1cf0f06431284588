import HTTP
import Testing

@Suite struct `The wire corpus` {
  @Test(arguments: Corpus.requests) func `request heads`(_ wire: WireCase) {
    check(wire) { Readings.request(wire.bytes, cut: $0) }
  }

  @Test(arguments: Corpus.responses) func `response heads`(_ wire: WireCase) {
    let method: Method = wire.note == "to HEAD" ? .head : .get
    check(wire) { Readings.response(wire.bytes, to: method, cut: $0) }
  }

  @Test(arguments: Corpus.chunks) func `chunked bodies`(_ wire: WireCase) {
    check(wire) { Readings.chunks(wire.bytes, of: wire.note == "of a response" ? .response : .request, cut: $0) }
  }

  @Test(arguments: Corpus.proxyHeaders) func `PROXY headers`(_ wire: WireCase) {
    check(wire) { Readings.proxyHeader(wire.bytes, cut: $0) }
  }

  @Test func `is there`() {
    #expect(Corpus.requests.count > 150)
    #expect(Corpus.responses.count > 25)
    #expect(Corpus.chunks.count > 25)
    #expect(Corpus.proxyHeaders.count > 50)
  }

  /// Compares what is found with what is expected, and each way of cutting with the whole.
  private func check(_ wire: WireCase, read: (Cut) -> [String]) {
    let whole = read(.whole)
    #expect(!wire.expected.isEmpty)
    for line in wire.expected {
      #expect(whole.contains(line), "found \(whole)")
    }
    for offset in 0...wire.bytes.count {
      let split = read(.at(offset))
      #expect(split == whole, "split at \(offset)")
    }
    #expect(read(.everywhere) == whole, "byte by byte")
  }
}
