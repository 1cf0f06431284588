import Bytes

/// Guesses the word that a misspelt one means.
enum Suggestion {
  /// The word that is nearest, if one is near: at most two slips, and no more than a third of its letters.
  static func nearest(to found: String, among words: [String]) -> String? {
    var best: (word: String, distance: Int)?
    for word in words {
      let distance = distance(found, word)
      if distance <= 2, distance * 3 <= max(word.utf8.count, 3), distance < best?.distance ?? Int.max {
        best = (word, distance)
      }
    }
    return best?.word
  }

  /// The words that end with what was found: `head_timeout` for `timeout`.
  static func ending(with found: String, among words: [String]) -> [String] {
    found.utf8.count < 3 ? [] : words.filter { $0.hasSuffix("_" + found) }
  }

  /// The words that begin with what was found, or that it begins with: `secret_file` for `secret`, `jwks` for `jwks_url`.
  static func beginning(with found: String, among words: [String]) -> [String] {
    found.utf8.count < 3 ? [] : words.filter { $0.hasPrefix(found + "_") || found.hasPrefix($0 + "_") }
  }

  /// The number of letters to insert, delete, replace or swap that makes one the other; case, `-` and `_` don't count.
  static func distance(_ left: String, _ right: String) -> Int {
    let a = folded(left)
    let b = folded(right)
    // Longer words are not what anybody meant, and comparing takes time with the square of their length.
    guard a.count <= 64, b.count <= 64 else { return Int.max }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last.last ?? 0
  }

  private static func folded(_ text: String) -> [UInt8] {
    text.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }.map(ASCII.lowercased)
  }
}
