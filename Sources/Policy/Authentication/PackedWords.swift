import Bytes
import HTTP
import JSON
import Tokens

/// Words in one piece of memory: each has its length before it, in four bytes.
extension [UInt8] {
  mutating func append(packed word: Span<UInt8>) {
    let count = UInt32(truncatingIfNeeded: word.count)
    for shift in stride(from: UInt32(0), to: 32, by: 8) { append(UInt8(truncatingIfNeeded: count >> shift)) }
    append(word)
  }
}

extension Span<UInt8> {
  /// Steps over the packed word at the position and says where its bytes are; nil at the end.
  func nextPackedWord(_ position: inout Int) -> Range<Int>? {
    guard position &+ 4 <= count else { return nil }
    var length = 0
    for index in 0..<4 { length |= Int(self[position &+ index]) &<< (8 &* index) }
    let start = position &+ 4
    guard start &+ length <= count else { return nil }
    position = start &+ length
    return start..<position
  }

  /// True if one of the packed words is this one.
  func holds(packed word: Span<UInt8>) -> Bool {
    var position = 0
    while let range = nextPackedWord(&position) {
      if range.count == word.count, extracting(range).equals(word) { return true }
    }
    return false
  }

  /// The value that is packed under a name: every other word is one, with its value behind it.
  @_lifetime(copy self)
  func packedValue(of name: Span<UInt8>) -> Span<UInt8> {
    var position = 0
    while let key = nextPackedWord(&position), let value = nextPackedWord(&position) {
      if extracting(key).equals(name) { return extracting(value) }
    }
    return extracting(0..<0)
  }
}

extension ClaimMeaning {
  /// The scalars among which a required value is looked for: the claim itself, or the elements of a list, each as ``JSONValue/packedScalar``.
  var packedScalars: [UInt8] {
    var packed: [UInt8] = []
    switch json {
    case .array(let elements): for element in elements { packed.append(packedScalar: element) }
    case .some(let value): packed.append(packedScalar: value)
    case nil: break
    }
    return packed
  }
}

extension [UInt8] {
  fileprivate mutating func append(packedScalar value: JSONValue) {
    if let scalar = value.packedScalar { append(packed: scalar.span) }
  }
}

extension JSONValue {
  /// The bytes that all spellings of the same string, number or boolean have in common, and no other has; nil for anything else.
  ///
  /// A number counts below 2^53 only: above, two programs may read one text as different numbers.
  var packedScalar: [UInt8]? {
    switch self {
    case .string(let text): return [UInt8(ascii: "s")] + text.utf8
    case .bool(let flag): return [flag ? UInt8(ascii: "t") : UInt8(ascii: "f")]
    case .number(let number):
      let double = number.double
      guard double.magnitude < JSONNumber.exactLimit else { return nil }
      // Both zeros are one number.
      let bits = double == 0 ? 0 : double.bitPattern
      return [UInt8(ascii: "n")] + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
    case .null, .array, .object: return nil
    }
  }
}
