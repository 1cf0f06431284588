import Bytes

/// A sign that a file with a shared secret holds something that its author did not see.
///
/// It is part of the secret all the same, so another program may well have a different one.
package enum SecretOddity: Sendable, Hashable {
  case byteOrderMark
  /// As many newlines at the end, of which one is ignored.
  case newlinesAtEnd(Int)
  case blankAtEnd

  /// Finds the oddities in a secret's file; in bytes that are no text, only a byte order mark.
  package static func all(in contents: Span<UInt8>) -> [SecretOddity] {
    var oddities: [SecretOddity] = []
    if let mark = ByteOrderMark(at: contents), mark == .utf8 || contents.holdsNUL { oddities.append(.byteOrderMark) }
    guard contents.isText else { return oddities }
    var (end, newlines) = (contents.count, 0)
    while end > 0, contents[end - 1] == ASCII.lineFeed || contents[end - 1] == ASCII.carriageReturn {
      if contents[end - 1] == ASCII.lineFeed { newlines += 1 }
      end -= 1
    }
    if end > 0, contents[end - 1].isBlank {
      oddities.append(.blankAtEnd)
    } else if newlines > 1 {
      oddities.append(.newlinesAtEnd(newlines))
    } else if contents.withoutFinalNewline.count > end {
      oddities.append(.blankAtEnd)
    }
    return oddities
  }

  /// The oddity in words.
  package var message: String {
    switch self {
    case .byteOrderMark: "the secret begins with a byte order mark, which is part of it"
    case .newlinesAtEnd(let count): "the secret ends with \(count) newlines; one is ignored, the others are part of it"
    case .blankAtEnd: "the secret ends with a blank, which is part of it"
    }
  }
}

extension Span<UInt8> {
  /// Without one newline (LF or CR LF) at the end.
  var withoutFinalNewline: Span<UInt8> {
    @_lifetime(copy self)
    get {
      guard count > 0, self[count - 1] == ASCII.lineFeed else { return self }
      let end = count > 1 && self[count - 2] == ASCII.carriageReturn ? count - 2 : count - 1
      return extracting(..<end)
    }
  }

  fileprivate var holdsNUL: Bool { firstIndex(of: 0) != nil }

  /// True for UTF-8 that has no control characters but tabs and newlines.
  fileprivate var isText: Bool {
    for index in indices where self[index] == 0x7F || self[index] < 0x20 && !self[index].isBlank { return false }
    return (try? UTF8Span(validating: self)) != nil
  }
}
