import Bytes

/// The forms in which HTTP/1.1 writes a target (RFC 9112 §3.2).
extension RequestHead {
  /// Takes a target apart: in origin form, in asterisk form, or in absolute form, whose scheme and authority are kept.
  ///
  /// The authority form is for CONNECT, which is refused before. On a throw the target is of no use until the next call.
  mutating func takeTarget(_ raw: Span<UInt8>) throws(HeadRejection) {
    storage.value.scheme = nil
    storage.value.targetAuthority = nil
    if raw.count > 0, raw[0] == UInt8(ascii: "/") || raw[0] == UInt8(ascii: "*") {
      try target.parse(raw, method: method)
    } else {
      try takeAbsoluteTarget(raw)
    }
  }

  private mutating func takeAbsoluteTarget(_ raw: Span<UInt8>) throws(HeadRejection) {
    let start: Int
    if raw.count > 7, raw.extracting(0..<7).equalsIgnoringCase("http://") {
      start = 7
      storage.value.scheme = .http
    } else if raw.count > 8, raw.extracting(0..<8).equalsIgnoringCase("https://") {
      start = 8
      storage.value.scheme = .https
    } else {
      throw .malformedTarget
    }
    var end = start
    while end < raw.count, raw[end] != UInt8(ascii: "/"), raw[end] != UInt8(ascii: "?") { end &+= 1 }
    guard end > start else { throw .malformedTarget }
    let base = storage.value.rawTargetRange.lowerBound
    storage.value.targetAuthority = (base &+ start)..<(base &+ end)
    try target.parse(afterAuthority: raw.extracting(end..<raw.count), method: method)
  }
}
