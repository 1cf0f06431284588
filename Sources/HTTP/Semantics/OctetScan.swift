import Bytes

/// Searches over eight octets at a time, for what is read from strangers: checked, and nearly as fast as unchecked.
enum OctetScan {
  /// The place of the first octet at or after `start` that may not stand in a field value; the end if all may.
  @inline(__always)
  static func endOfFieldValue(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var position = start
    // Long values are passed over in larger steps, once they are known to be long.
    while position < start &+ 24, let word = bytes.wordIfPresent(at: position), unusual(in: word) & highBits == 0 {
      position &+= 8
    }
    if position >= start &+ 24 {
      while let (first, second, third, fourth) = bytes.fourWordsIfPresent(at: position),
        (unusual(in: first) | unusual(in: second) | unusual(in: third) | unusual(in: fourth)) & highBits == 0
      { position &+= 32 }
    }
    while let word = bytes.wordIfPresent(at: position) {
      if unusual(in: word) & highBits == 0 {
        position &+= 8
        continue
      }
      let suspects = controls(in: word)
      if suspects == 0 {
        position &+= 8
        continue
      }
      position &+= suspects.trailingZeroBitCount &>> 3
      if bytes[position] != ASCII.tab { return position }
      position &+= 1
    }
    while position < bytes.count, ASCII.isFieldValue(bytes[position]) { position &+= 1 }
    return position
  }

  /// The place of the first octet at or after `start` that is not visible ASCII; the end if all are.
  @inline(__always)
  static func endOfVisible(_ bytes: Span<UInt8>, from start: Int, limit: Int) -> Int {
    let end = min(bytes.count, limit)
    var position = start
    while position &+ 8 <= end, let word = bytes.wordIfPresent(at: position) {
      // What is a control after one is taken away is a control or a space, or NUL, which has become 0xFF.
      let suspects = (controls(in: word) | controls(in: word &- ones) | word) & highBits
      if suspects != 0 { break }
      position &+= 8
    }
    while position < end, bytes[position] &- 0x21 < 0x5E { position &+= 1 }
    return position
  }

  /// The place of the first octet at or after `start` that may not stand in a token; the end if all may.
  ///
  /// `isPlain` is cleared if something other than letters and hyphens was passed over.
  @inline(__always)
  static func endOfToken(_ bytes: Span<UInt8>, from start: Int, isPlain: inout Bool) -> Int {
    var position = start
    while let word = bytes.wordIfPresent(at: position) {
      let others = nonLetters(in: word)
      if others == 0 {
        position &+= 8
        continue
      }
      position &+= others.trailingZeroBitCount &>> 3
      guard ASCII.isToken(bytes[position]) else { return position }
      isPlain = false
      position &+= 1
    }
    while position < bytes.count, ASCII.isToken(bytes[position]) {
      if !(ASCII.isAlpha(bytes[position]) || bytes[position] == UInt8(ascii: "-")) { isPlain = false }
      position &+= 1
    }
    return position
  }

  /// The place of the first octet at or after `start` that is not plain in a path (``unplain(in:next:)``), or at which there are no nine
  /// octets left.
  @inline(__always)
  static func endOfPlainPath(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var position = start
    while let word = bytes.wordIfPresent(at: position), let next = bytes.wordIfPresent(at: position &+ 1) {
      let suspects = unplain(in: word, next: next)
      if suspects != 0 { return position &+ suspects.trailingZeroBitCount &>> 3 }
      position &+= 8
    }
    return position
  }

  /// True if eight octets of a path are plain.
  @inline(__always)
  static func isPlainPath(_ word: UInt64, next: UInt64) -> Bool { unplain(in: word, next: next) == 0 }

  // In each of these the highest bit of an octet of the result is set where the octet of the word is one looked for.

  /// Octets of a path other than letters, digits, `-`, `.` and `/`, and slashes that stand before a slash or a dot.
  ///
  /// `next` are the octets one further on.
  @inline(__always)
  private static func unplain(in word: UInt64, next: UInt64) -> UInt64 {
    let low = word & ~highBits
    let folded = low | (ones &* 0x20)
    let letters = (folded &+ ones &* (0x80 - 0x61)) & ~(folded &+ ones &* (0x80 - 0x7B))
    // From `-` to `9` there are `.`, `/` and the digits.
    let others = (low &+ ones &* (0x80 - 0x2D)) & ~(low &+ ones &* (0x80 - 0x3A))
    let slashes = ~((low ^ ones &* 0x2F) &+ ones &* 0x7F)
    // Setting the lowest bit makes a slash of a dot, and of nothing else.
    let dotsAndSlashes = ~(((next & ~highBits | ones) ^ ones &* 0x2F) &+ ones &* 0x7F) & ~next
    return (~(letters | others) | word | slashes & dotsAndSlashes) & highBits
  }

  /// Octets that are a certain one; the lowest one marked is right.
  @inline(__always)
  static func octets(_ octet: UInt8, in word: UInt64) -> UInt64 {
    let others = word ^ (ones &* UInt64(octet))
    return (others &- ones) & ~others & highBits
  }

  /// Octets other than those that every field value may hold, and some more beside one of these; other bits may be set too.
  @inline(__always)
  private static func unusual(in word: UInt64) -> UInt64 { (word &- ones &* 0x20) | (word &+ ones) | word }

  /// True if an octet is below 0x20; maybe true if one is above 0x7F.
  @inline(__always)
  static func mayHoldControl(_ word: UInt64) -> Bool { ((word &- ones &* 0x20) | word) & highBits != 0 }

  /// True if all octets are letters and `-`.
  @inline(__always)
  static func isLetters(_ word: UInt64) -> Bool { nonLetters(in: word) == 0 }

  /// Octets below 0x20, and DEL.
  ///
  /// The lowest one marked is right; those above it may be marked by a borrow.
  @inline(__always)
  private static func controls(in word: UInt64) -> UInt64 {
    let deletes = word ^ (ones &* 0x7F)
    return ((word &- ones &* 0x20) & ~word | (deletes &- ones) & ~deletes) & highBits
  }

  /// Octets other than letters and `-`.
  @inline(__always)
  private static func nonLetters(in word: UInt64) -> UInt64 {
    let low = word & ~highBits
    let folded = low | (ones &* 0x20)
    let letters = (folded &+ ones &* (0x80 - 0x61)) & ~(folded &+ ones &* (0x80 - 0x7B))
    let hyphens = ~((low ^ ones &* 0x2D) &+ ones &* 0x7F)
    return (~(letters | hyphens) | word) & highBits
  }

  @inline(__always)
  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  @inline(__always)
  private static var highBits: UInt64 { 0x8080_8080_8080_8080 }
}
