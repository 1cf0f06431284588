import Bytes

extension Span<UInt8> {
  /// True if this is a token (RFC 9110 §5.6.2): not empty, and nothing but token characters.
  package var isToken: Bool {
    for index in indices where !ASCII.isToken(self[index]) { return false }
    return !isEmpty
  }

  /// True if every octet may stand in a field value.
  package var isFieldValue: Bool {
    for index in indices where !ASCII.isFieldValue(self[index]) { return false }
    return true
  }

  /// True if there is a lower-case letter.
  var hasLowercase: Bool {
    for index in indices where self[index] &- UInt8(ascii: "a") < 26 { return true }
    return false
  }

  /// True if one element of this comma-separated list is the word, whatever its case (RFC 9110 §5.6.1).
  func hasListElement(_ lowercaseWord: StaticString) -> Bool {
    var position = 0
    while let element = nextListElement(&position) {
      if extracting(element).equalsIgnoringCase(lowercaseWord) { return true }
    }
    return false
  }

  /// The place of the next element of this comma-separated list, without the white space around it; nil behind the last.
  ///
  /// Commas inside quoted strings separate too: the lists read here hold tokens only. Empty elements are passed over.
  package func nextListElement(_ position: inout Int) -> Range<Int>? {
    let comma = UInt8(ascii: ",")
    var first = position
    while first < count, self[first] == comma || self[first] == ASCII.space || self[first] == ASCII.tab { first &+= 1 }
    // Octet by octet: elements are short, and whoever sends very many very short ones shall gain nothing by it.
    var last = first
    var end = first
    while end < count, self[end] != comma {
      if self[end] != ASCII.space, self[end] != ASCII.tab { last = end &+ 1 }
      end &+= 1
    }
    position = end &+ 1
    return first < last ? first..<last : nil
  }

  /// These octets, at most eight, as a number, the first of them in the lowest bits.
  @inline(__always)
  func word(at start: Int, count: Int) -> UInt64 {
    if let word = wordIfPresent(at: start) {
      return count < 8 ? word & ~(UInt64.max << UInt64(8 &* count)) : word
    }
    return wordAtEnd(from: start, count: count)
  }

  /// The same where there are not eight octets left; apart, because it would take up registers where it is never needed.
  @inline(never)
  private func wordAtEnd(from start: Int, count: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<count { word |= UInt64(self[start &+ index]) << UInt64(8 &* index) }
    return word
  }

  /// Eight octets as a number, the first of them in the lowest bits; nil if there are not so many from `index` on.
  @inline(__always)
  func wordIfPresent(at index: Int) -> UInt64? {
    guard count >= 8, UInt(bitPattern: index) <= UInt(bitPattern: count &- 8) else { return nil }
    // SAFETY: all eight octets lie inside, and every bit pattern is a UInt64.
    return UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
  }

  /// Thirty-two octets as four such numbers; nil if there are not so many from `index` on.
  @inline(__always)
  func fourWordsIfPresent(at index: Int) -> (UInt64, UInt64, UInt64, UInt64)? {
    guard count >= 32, UInt(bitPattern: index) <= UInt(bitPattern: count &- 32) else { return nil }
    // SAFETY: all thirty-two octets lie inside, and every bit pattern is a UInt64.
    return unsafe (
      UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)),
      UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index &+ 8, as: UInt64.self)),
      UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index &+ 16, as: UInt64.self)),
      UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index &+ 24, as: UInt64.self))
    )
  }

  /// True if CR LF stands there.
  @inline(__always)
  func hasLineEnd(at index: Int) -> Bool {
    guard count >= 2, UInt(bitPattern: index) <= UInt(bitPattern: count &- 2) else { return false }
    // SAFETY: both octets lie inside, and every bit pattern is a UInt16.
    let pair = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt16.self)
    return UInt16(littleEndian: pair) == 0x0A0D
  }

  /// Eight octets as a number, the first of them in the lowest bits.
  @inline(__always)
  func word(at index: Int) -> UInt64 {
    // SAFETY: the load is bounds-checked, and every bit pattern is a UInt64.
    UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
  }
}

extension UInt64 {
  /// At most eight octets of a literal as ``Span/word(at:)`` would load them, a constant once this is compiled.
  @inline(__always)
  init(octetsOf literal: StaticString, from start: Int = 0) {
    var word: UInt64 = 0
    // SAFETY: the index stays below the literal's length.
    for index in 0..<Swift.min(8, literal.utf8CodeUnitCount &- start) {
      unsafe word |= UInt64(literal.utf8Start[start &+ index]) << UInt64(8 &* index)
    }
    self = word
  }
}

extension [UInt8] {
  /// Appends the bytes.
  package mutating func append(_ bytes: Span<UInt8>) {
    // SAFETY: the pointer is used inside the closure only.
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
