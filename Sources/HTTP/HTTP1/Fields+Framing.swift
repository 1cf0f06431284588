import Bytes

/// The rules on lengths that requests and responses share.
extension Fields {
  /// True if there is one `Transfer-Encoding`, and it is `chunked` and nothing else (RFC 9112 §6.1).
  ///
  /// A list, a parameter or another coding beside it are what parsers have differed about.
  var isChunkedOnce: Bool {
    guard !repeated.contains(.transferEncoding), let line = first(.transferEncoding) else { return false }
    return value(at: line).equalsIgnoringCase("chunked")
  }
}

extension Span<UInt8> {
  /// The number that a `Content-Length` says: digits and nothing else, and no more than fits an `Int` of 64 bits.
  var contentLength: UInt64? {
    guard count >= 1, count <= 19 else { return nil }
    var value: UInt64 = 0
    for index in indices {
      let digit = self[index] &- 48
      guard digit < 10 else { return nil }
      value = value &* 10 &+ UInt64(digit)
    }
    return value <= UInt64(Int64.max) ? value : nil
  }
}
