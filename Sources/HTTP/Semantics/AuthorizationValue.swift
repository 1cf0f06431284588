import Bytes

/// The value of a field that may hold a token: `Authorization` (RFC 9110 §11.6.2), or another one that is used like it.
package enum AuthorizationValue: Equatable {
  /// A token in that range of the value, behind `Bearer` (RFC 6750 §2.1) in any case or alone; empty or out of form, maybe.
  case token(Range<Int>)
  /// Credentials of another scheme (Basic, Digest, …), which are for the upstream: a word and a blank before them.
  case otherScheme

  package init(_ value: Span<UInt8>) {
    // Nearly all clients write it like this, and whole words are compared at once.
    if let word = value.wordIfPresent(at: 0), word & 0xFF_FFFF_FFFF_FFFF == UInt64(octetsOf: "Bearer "),
      value[7] != ASCII.space
    {
      self = .token(7..<value.count)
      return
    }
    let space = value.firstIndex(of: ASCII.space)
    let word = value.extracting(0..<(space ?? value.count))
    if word.equalsIgnoringCase("bearer") {
      var start = word.count
      while start < value.count, value[start] == ASCII.space { start &+= 1 }
      self = .token(start..<value.count)
    } else {
      self = space != nil && Self.isScheme(word) ? .otherScheme : .token(0..<value.count)
    }
  }

  /// Recognises a word of RFC 9110 §11.1, but for one with two dots: a token with something behind it is a token out of form.
  private static func isScheme(_ word: Span<UInt8>) -> Bool {
    var dots = 0
    for index in word.indices {
      guard ASCII.isToken(word[index]) else { return false }
      if word[index] == UInt8(ascii: ".") { dots += 1 }
    }
    return !word.isEmpty && dots < 2
  }
}
