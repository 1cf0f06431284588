import Bytes
import HTTP
import Testing

@Suite struct `Chunks` {
  @Test func `are decoded where they lie, one behind the other`() {
    var bytes = Array("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\nGET".utf8)
    var decoder = ChunkedDecoder(keepsTrailers: false)
    var span = bytes.mutableSpan
    let progress = decoder.decode(&span)
    #expect(progress.payload == 3..<15)
    #expect(progress.consumedCount == 27)
    #expect(progress.state == .finished)
    #expect(bytes[3..<15].elementsEqual("hello, world".utf8))
    #expect(bytes[27...].elementsEqual("GET".utf8))
  }

  @Test func `are left where they are if there is one`() {
    var bytes = Array("ff\r\nhello".utf8)
    var decoder = ChunkedDecoder(keepsTrailers: false)
    var span = bytes.mutableSpan
    #expect(decoder.decode(&span).payload == 4..<9)
  }

  @Test func `consume nothing once they have ended`() {
    var decoder = ChunkedDecoder(keepsTrailers: false)
    var bytes = Array("0\r\n\r\n5\r\nhello".utf8)
    var span = bytes.mutableSpan
    #expect(decoder.decode(&span).consumedCount == 5)
    let again = decoder.decode(&span)
    #expect(again.consumedCount == 0)
    #expect(again.state == .finished)
    decoder.reset()
    #expect(decoder.state == .needsMore)
  }

  @Test func `consume nothing once they were refused`() {
    var decoder = ChunkedDecoder(keepsTrailers: false)
    var bytes = Array("xyz".utf8)
    var span = bytes.mutableSpan
    for _ in 0..<2 {
      let progress = decoder.decode(&span)
      #expect(progress.consumedCount == 0)
      #expect(progress.state == .rejected(.malformedSize))
    }
  }

  @Test(arguments: [(255, true), (256, false)])
  func `have short extensions`(_ count: Int, _ isTaken: Bool) {
    let bytes = Array("1;\(String(repeating: "x", count: count))\r\na\r\n0\r\n\r\n".utf8)
    let expected = isTaken ? ["payload a", "finished", "rest 0"] : ["payload ", "rejected malformed_chunk_extension"]
    #expect(Readings.chunks(bytes) == expected)
  }

  @Test(arguments: [(32, true), (33, false)])
  func `have few trailers`(_ count: Int, _ isTaken: Bool) {
    let bytes = Array("0\r\n\(String(repeating: "X: y\r\n", count: count))\r\n".utf8)
    #expect(Readings.chunks(bytes).contains(isTaken ? "finished" : "rejected trailers_too_large"))
  }

  @Test func `have trailers of 8 KiB and no more`() {
    let bytes = Array("0\r\nX: \(String(repeating: "y", count: 9000))\r\n\r\n".utf8)
    #expect(Readings.chunks(bytes).contains("rejected trailers_too_large"))
    #expect(Readings.chunks(bytes, cut: .everywhere).contains("rejected trailers_too_large"))
  }

  @Test func `do not keep trailers that nobody wants`() {
    var decoder = ChunkedDecoder(keepsTrailers: false)
    var bytes = Array("0\r\nX: y\r\n\r\n".utf8)
    var span = bytes.mutableSpan
    #expect(decoder.decode(&span).state == .finished)
    #expect(decoder.trailers.count == 0)
  }

  @Test func `are written so that they can be read`() {
    var buffer = ByteBuffer()
    buffer.appendChunk(Array("hello".utf8).span)
    let nothing: [UInt8] = []
    buffer.appendChunk(nothing.span)
    let many = [UInt8](repeating: 65, count: 300)
    buffer.appendChunk(many.span)
    buffer.appendLastChunk(trailers: Fields(), identity: IdentityFieldNames())
    let bytes = buffer.readable.array
    #expect(bytes.starts(with: "5\r\nhello\r\n12c\r\n".utf8))
    #expect(Readings.chunks(bytes).first == "payload hello" + String(repeating: "A", count: 300))
  }

  @Test func `36: pass on no trailer that frames, routes, authenticates or names the user`() {
    var decoder = ChunkedDecoder(keepsTrailers: true)
    let forbidden = [
      "Content-Length: 1", "Transfer-Encoding: chunked", "Host: b", "Authorization: x", "Set-Cookie: a=b",
      "X_Auth_User: root",
      "Content-Type: a/b", "Connection: close", "Cache-Control: no-store", "Access-Control-Allow-Origin: *",
      "Trailer: X",
    ]
    var bytes = Array("0\r\n\((forbidden + ["X-Checksum:abc"]).map { $0 + "\r\n" }.joined())\r\n".utf8)
    var span = bytes.mutableSpan
    #expect(decoder.decode(&span).state == .finished)
    #expect(decoder.trailers.count == 12)
    var buffer = ByteBuffer()
    buffer.appendLastChunk(trailers: decoder.trailers, identity: IdentityFieldNames(["X-Auth-User"]))
    #expect(buffer.text == "0\r\nX-Checksum: abc\r\n\r\n")
  }
}
