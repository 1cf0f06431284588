import Bytes

/// One `name=value` of a query, as forms write them.
struct QueryParameter {
  /// As sent, escapes and all.
  let name: Range<Int>
  /// Empty for a name without `=`.
  let value: Range<Int>
  /// All between two `&`.
  let whole: Range<Int>

  /// The next parameter at or behind `position`, which moves behind it; nil at the end.
  init?(_ query: Span<UInt8>, from position: inout Int) {
    guard position < query.count else { return nil }
    let end = query.firstIndex(of: UInt8(ascii: "&"), from: position) ?? query.count
    whole = position..<end
    position = end &+ 1
    let equals = query.extracting(whole).firstIndex(of: UInt8(ascii: "=")).map { whole.lowerBound &+ $0 } ?? end
    name = whole.lowerBound..<equals
    value = min(equals &+ 1, end)..<end
  }

  /// Whether an upstream that decodes names reads this one.
  func isNamed(_ wanted: Span<UInt8>, in query: Span<UInt8>) -> Bool {
    var position = name.lowerBound
    var matched = 0
    while position < name.upperBound {
      guard matched < wanted.count else { return false }
      var byte = query[position]
      position &+= 1
      if byte == UInt8(ascii: "+") {
        byte = ASCII.space
      } else if byte == UInt8(ascii: "%"), position &+ 1 < name.upperBound,
        let high = ASCII.hexadecimalValue(query[position]), let low = ASCII.hexadecimalValue(query[position &+ 1])
      {
        byte = high << 4 | low
        position &+= 2
      }
      guard byte == wanted[matched] else { return false }
      matched &+= 1
    }
    return matched == wanted.count
  }
}
