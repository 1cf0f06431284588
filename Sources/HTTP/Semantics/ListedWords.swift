import Bytes

/// Words of a list in a message's fields, compared without case: field names that `Connection` gives, extensions that are used.
///
/// The sender of the message chooses the words and what is looked up among them. So a look compares one hash, made with the
/// process's own seed, with that of each word, and octets only where the hashes agree: the cost does not depend on how long or how
/// alike the words are. How many there may be is for the owner to bound.
struct ListedWords {
  private struct Word {
    let hash: Int
    let line: Int
    let range: Range<Int>
  }

  private var words: [Word] = []
  private var lengths = LengthMask()

  init() {}

  var isEmpty: Bool { words.isEmpty }
  var count: Int { words.count }

  /// Adds the word that takes this range of a line's value.
  mutating func insert(_ word: Span<UInt8>, line: Int, range: Range<Int>) {
    lengths.insert(word.count)
    words.append(Word(hash: word.hashIgnoringCase, line: line, range: range))
  }

  mutating func removeAll() {
    // Nearly always there is nothing to remove, and nothing is written then.
    if words.isEmpty { return }
    words.removeAll(keepingCapacity: true)
    lengths = LengthMask()
  }

  /// True if the word is one of these, which lie in those fields.
  func contains(_ word: Span<UInt8>, in fields: borrowing Fields) -> Bool { place(of: word, in: fields) != nil }

  /// The place of the word among these, which lie in those fields, in the order in which they were added.
  func place(of word: Span<UInt8>, in fields: borrowing Fields) -> Int? {
    guard lengths.contains(word.count) else { return nil }
    let hash = word.hashIgnoringCase
    for place in words.indices where words[place].hash == hash {
      let (line, range) = (words[place].line, words[place].range)
      if fields.value(at: line).extracting(range).equalsIgnoringCase(word) { return place }
    }
    return nil
  }
}

extension Span<UInt8> {
  /// A hash that is the same for words which differ in the case of letters only, seeded anew in each process.
  fileprivate var hashIgnoringCase: Int {
    var hasher = Hasher()
    var position = 0
    while position < count {
      let taken = Swift.min(8, count &- position)
      // Setting this bit folds letters; what else it folds is told apart by the comparison.
      hasher.combine(word(at: position, count: taken) | KnownFieldNames.caseBits)
      position &+= taken
    }
    hasher.combine(count)
    return hasher.finalize()
  }
}
