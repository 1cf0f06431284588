import Bytes

/// One `name=value` of a `Cookie` field (RFC 6265 §4.2.1), read as generously as an upstream might read it: whatever could be
/// taken for a cookie of that name is one here.
struct CookiePair {
  let name: Range<Int>
  /// Empty for a name without `=`.
  let value: Range<Int>
  /// All between two semicolons.
  let whole: Range<Int>

  /// The next pair at or behind `position`, which moves behind it; nil at the end.
  init?(_ cookies: Span<UInt8>, from position: inout Int) {
    guard position < cookies.count else { return nil }
    let end = cookies.firstIndex(of: UInt8(ascii: ";"), from: position) ?? cookies.count
    whole = position..<end
    position = end &+ 1
    let equals = cookies.extracting(whole).firstIndex(of: UInt8(ascii: "=")).map { whole.lowerBound &+ $0 } ?? end
    name = cookies.trimmed(whole.lowerBound..<equals)
    value = cookies.trimmed(min(equals &+ 1, end)..<end)
  }
}

extension Span<UInt8> {
  /// The range without the spaces and tabs at both its ends.
  fileprivate func trimmed(_ range: Range<Int>) -> Range<Int> {
    var first = range.lowerBound
    var last = range.upperBound
    while first < last, self[first] == ASCII.space || self[first] == ASCII.tab { first &+= 1 }
    while last > first, self[last &- 1] == ASCII.space || self[last &- 1] == ASCII.tab { last &-= 1 }
    return first..<last
  }
}
