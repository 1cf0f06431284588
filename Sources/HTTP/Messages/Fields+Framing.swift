import Bytes

/// What requests and responses share of the rules on connections and lengths.
extension Fields {
  /// Whether the connection is kept once the message has ended (RFC 9112 §9.3).
  func keepsConnection(_ version: Version) -> Bool {
    guard contains(.connection) else { return version == .http11 }
    if list(.connection, contains: "close") { return false }
    return version == .http11 || list(.connection, contains: "keep-alive")
  }

  /// Whether there is one `Transfer-Encoding`, and it is `chunked` and nothing else (RFC 9112 §6.1).
  ///
  /// A list, a parameter or another coding beside it are what parsers have differed about.
  var isChunkedOnce: Bool {
    guard !repeated.contains(.transferEncoding), let line = first(.transferEncoding) else { return false }
    return value(at: line).equalsIgnoringCase("chunked")
  }
}

extension Span<UInt8> {
  /// The number that a `Content-Length` says: digits and nothing else, at most 19 of them, so that it can't overflow.
  var contentLength: UInt64? {
    guard count >= 1, count <= 19 else { return nil }
    var value: UInt64 = 0
    for index in indices {
      let digit = self[index] &- 48
      guard digit < 10 else { return nil }
      value = value &* 10 &+ UInt64(digit)
    }
    return value
  }
}
