import Testing

@testable import Proxy

@Suite struct WebSocketKeyTests {
  /// The example of RFC 6455 §1.3, and another.
  @Test(arguments: [
    ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ("AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="),
  ])
  func `is answered as the RFC says`(_ key: String, _ accept: String) {
    #expect(String(decoding: WebSocketKey.accept(for: Array(key.utf8).span), as: UTF8.self) == accept)
  }
}
