import Bytes

/// Every origin below a name: `https://*.example.com` is `https://a.example.com` and `https://a.b.example.com`, not
/// `https://example.com`.
///
/// Scheme and port are the pattern's own; no port stands for the scheme's usual one, as browsers leave that out.
struct OriginPattern: Sendable, Equatable {
  /// Up to the name: `https://`.
  private let prefix: [UInt8]
  /// The name and, if there is one, the port: `.example.com:8443`.
  private let suffix: [UInt8]

  /// Nil for an origin without wildcard.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let star = bytes.firstIndex(of: UInt8(ascii: "*")) else { return nil }
    prefix = Array(bytes[..<star])
    suffix = Array(bytes[(star + 1)...])
  }

  /// True if the pattern covers the origin, as browsers write it: with at least one whole label in place of the `*`, all in lower
  /// case.
  func covers(_ origin: Span<UInt8>) -> Bool {
    guard origin.count > prefix.count &+ suffix.count, origin.starts(with: prefix.span),
      origin.extracting((origin.count &- suffix.count)..<origin.count).equals(suffix.span)
    else { return false }
    return Self.isLabels(origin.extracting(prefix.count..<(origin.count &- suffix.count)))
  }

  /// True if the text is labels of a host name with single dots between them; nothing that could end the host or stand before it.
  private static func isLabels(_ text: Span<UInt8>) -> Bool {
    var isAfterDot = true
    for index in text.indices {
      let byte = text[index]
      if byte == UInt8(ascii: ".") {
        if isAfterDot { return false }
        isAfterDot = true
      } else {
        let isLetter = byte &- UInt8(ascii: "a") < 26
        guard isLetter || ASCII.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else {
          return false
        }
        isAfterDot = false
      }
    }
    return !isAfterDot
  }
}
