import Glibc

extension Span<UInt8> {
  /// Compares the bytes with others.
  package func equals(_ other: Span<UInt8>) -> Bool {
    let length = count
    guard other.count == length else { return false }
    // SAFETY: both hold `length` initialised bytes.
    return unsafe withUnsafeBufferPointer { left in
      unsafe other.withUnsafeBufferPointer { right in
        guard let a = left.baseAddress, let b = right.baseAddress else { return true }
        return unsafe memcmp(a, b, length) == 0
      }
    }
  }

  /// Compares the bytes with those of a literal.
  package func equals(_ literal: StaticString) -> Bool {
    let length = count
    guard literal.utf8CodeUnitCount == length else { return false }
    // SAFETY: both hold `length` initialised bytes.
    return unsafe withUnsafeBufferPointer { left in
      guard let a = left.baseAddress else { return true }
      return unsafe memcmp(a, literal.utf8Start, length) == 0
    }
  }

  /// Compares the bytes with those of a literal, ignoring the case of ASCII letters.
  ///
  /// The literal is written in lower case.
  @inlinable package func equalsIgnoringCase(_ lowercaseLiteral: StaticString) -> Bool {
    guard lowercaseLiteral.utf8CodeUnitCount == count else { return false }
    for index in indices {
      let expected = unsafe lowercaseLiteral.utf8Start[index]
      if ASCII.lowercased(self[index]) != expected { return false }
    }
    return true
  }

  /// Compares the bytes with others, ignoring the case of ASCII letters.
  @inlinable package func equalsIgnoringCase(_ other: Span<UInt8>) -> Bool {
    guard other.count == count else { return false }
    for index in indices where ASCII.lowercased(self[index]) != ASCII.lowercased(other[index]) { return false }
    return true
  }

  /// Compares the first bytes with all of the prefix.
  package func starts(with prefix: Span<UInt8>) -> Bool {
    count >= prefix.count && extracting(0..<prefix.count).equals(prefix)
  }

  /// Without the spaces and tabs (OWS, RFC 9110 §5.6.3) at both ends.
  @inlinable package var trimmed: Span<UInt8> {
    @_lifetime(copy self) get {
      var first = 0
      var last = count
      while first < last, self[first] == ASCII.space || self[first] == ASCII.tab { first &+= 1 }
      while last > first, self[last &- 1] == ASCII.space || self[last &- 1] == ASCII.tab { last &-= 1 }
      return extracting(first..<last)
    }
  }

  /// The place of the first such byte at or after `start`, nil if there is none.
  package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    let length = count
    guard start < length else { return nil }
    // SAFETY: `start` lies inside, and the length given ends with the span.
    return unsafe withUnsafeBufferPointer { bytes -> Int? in
      guard let base = bytes.baseAddress else { return nil }
      guard let hit = unsafe memchr(base + start, Int32(byte), length - start) else { return nil }
      return unsafe UnsafeRawPointer(hit) - UnsafeRawPointer(base)
    }
  }

  /// A copy of the bytes.
  package var array: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }

  /// The bytes as text; what isn't UTF-8 becomes U+FFFD.
  ///
  /// For messages, logs and tests.
  package var text: String { unsafe withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) } }
}
