import Bytes

/// One `name=value` of a `Cookie` field (RFC 6265 §4.2.1) or a query, as places in its text.
package struct NamedValue: Equatable {
  /// Name and value together, as they stand between two separators.
  package var whole: Range<Int>
  package var name: Range<Int>
  /// Behind the first `=`; empty without one.
  package var value: Range<Int>

  fileprivate init(_ text: Span<UInt8>, _ whole: Range<Int>) {
    self.whole = whole
    let equals = text.extracting(whole).firstIndex(of: UInt8(ascii: "=")).map { whole.lowerBound &+ $0 }
    name = whole.lowerBound..<(equals ?? whole.upperBound)
    value = (equals.map { $0 &+ 1 } ?? whole.upperBound)..<whole.upperBound
  }
}

extension Span<UInt8> {
  /// The next pair of this `Cookie` value at or after `position`, which is moved behind it; nil behind the last.
  package func nextCookie(_ position: inout Int) -> NamedValue? {
    while position < count {
      let end = firstIndex(of: UInt8(ascii: ";"), from: position) ?? count
      var first = position
      var last = end
      position = end &+ 1
      while first < last, self[first] == ASCII.space || self[first] == ASCII.tab { first &+= 1 }
      while last > first, self[last &- 1] == ASCII.space || self[last &- 1] == ASCII.tab { last &-= 1 }
      if first < last { return NamedValue(self, first..<last) }
    }
    return nil
  }

  /// The next parameter of this query at or after `position`, which is moved behind it; nil behind the last.
  package func nextParameter(_ position: inout Int) -> NamedValue? {
    while position < count {
      let first = position
      let end = firstIndex(of: UInt8(ascii: "&"), from: first) ?? count
      position = end &+ 1
      if first < end { return NamedValue(self, first..<end) }
    }
    return nil
  }

  /// True if this part of a query says `name` to a server: with escapes decoded, and `+` as a space.
  package func equalsDecoded(_ name: Span<UInt8>) -> Bool {
    var position = 0
    var matched = 0
    while position < count {
      var byte = self[position]
      position &+= 1
      if byte == UInt8(ascii: "+") {
        byte = ASCII.space
      } else if byte == UInt8(ascii: "%"), position &+ 1 < count, let high = ASCII.hexadecimalValue(self[position]),
        let low = ASCII.hexadecimalValue(self[position &+ 1])
      {
        byte = high << 4 | low
        position &+= 2
      }
      guard matched < name.count, name[matched] == byte else { return false }
      matched &+= 1
    }
    return matched == name.count
  }
}
