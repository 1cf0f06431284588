import Bytes
import HTTP
import JSON
import Testing

@testable import Endpoints

@Suite struct `Requests to hosted endpoints` {
  @Test(
    arguments: [
      (["Content-Type: application/json"], true), (["content-type: APPLICATION/JSON"], true),
      (["Content-Type: application/json; charset=utf-8"], true), (["Content-Type: application/json ;x"], true),
      ([], false), (["Content-Type: text/plain"], false), (["Content-Type: application/jsonp"], false),
      (["Content-Type: application/json, text/plain"], false), (["Content-Type:"], false),
      (["Content-Type: application/json", "Content-Type: application/json"], false),
      (["Content-Type: application/json", "Content-Encoding: gzip"], false),
      (["Content-Type: application/json", "Content-Encoding: identity"], false),
    ] as [([String], Bool)]) func `are JSON if exactly that is said, and nothing is coded`(
      fields: [String], isJSON: Bool
    )
  {
    let text = (["POST /login HTTP/1.1", "Host: a"] + fields + ["", ""]).joined(separator: "\r\n")
    var parser = RequestHeadParser(limits: .request)
    var head = RequestHead()
    #expect(parser.parse(Array(text.utf8).span, into: &head) == .complete(byteCount: text.utf8.count))
    #expect(head.isForJSON == isJSON)
  }
}

@Suite struct `The answer of readyz` {
  @Test(
    arguments: [
      (.ready, #"{"status":"ready"}"#),
      (.draining, #"{"status":"draining","message":"The gateway is stopping.","reason":"draining"}"#),
      (
        .unavailable(upstreams: ["a", "b"]),
        #"{"status":"unavailable","message":"No server of a, b can be used.","reason":"upstream_unavailable","upstreams":["a","b"]}"#
      ),
    ] as [(GatewayReadiness, String)]) func `says the state, and why`(readiness: GatewayReadiness, text: String)
  {
    var buffer = ByteBuffer(capacity: 256)
    buffer.appendJSON(.object(readiness.json))
    #expect(String(decoding: Array(buffer.readable.array), as: UTF8.self) == text)
  }
}
