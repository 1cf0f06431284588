import Bytes

/// The names of request fields that the configuration mentions, guarded against other spellings.
///
/// An upstream that folds names can't tell `X_Tenant_Id` from the `X-Tenant-Id` that the gateway looks at, sets or takes out. A line
/// whose name only folds onto one of these is marked as a ``KnownField/lookalike`` while its head is read, so that nothing takes it for
/// the field and nothing forwards it.
package struct GuardedFieldNames: Sendable, Equatable {
  /// Names that fold onto one.
  private struct Entry: Sendable, Equatable {
    let folded: FoldedFieldName
    /// As the configuration spells them; compared without case.
    var spellings: [String]
  }

  private var entries: [Entry] = []
  private var lengths = LengthMask()
  /// Lengths of the names that hold something else than letters, digits and hyphens.
  ///
  /// Another name of letters and hyphens alone can fold only onto one of these.
  private var oddLengths = LengthMask()

  /// A table of no names.
  package init() {}

  /// - Parameters:
  ///   - wanted: names under which the gateway looks for something or says something.
  ///   - removed: names that it takes out on some route. Where one folds onto a wanted name, it is another spelling of that.
  package init(wanted: [String], removed: [String] = []) {
    for name in wanted { insert(name) }
    let known = self
    for name in removed where !known.isLookalike(name.utf8Span.span) { insert(name) }
  }

  package var isEmpty: Bool { entries.isEmpty }

  /// True if a name of that length may be another spelling of one of these.
  ///
  /// This is the quick filter before ``isLookalike(_:)``.
  ///
  /// - Parameter isPlain: whether the name is known to hold nothing but letters and hyphens.
  @inline(__always)
  func mayCover(count: Int, isPlain: Bool) -> Bool { (isPlain ? oddLengths : lengths).contains(count) }

  /// True if an upstream might take the name for one of these, and it is spelt like none of them, case aside.
  @inline(never)
  package func isLookalike(_ name: Span<UInt8>) -> Bool {
    for entry in entries where entry.folded.covers(name) {
      return !entry.spellings.contains { $0.utf8Span.span.equalsIgnoringCase(name) }
    }
    return false
  }

  /// The name that an upstream might take this one for, as the configuration spells it.
  package func original(of name: Span<UInt8>) -> String? {
    entries.first { $0.folded.covers(name) }?.spellings.first
  }

  private mutating func insert(_ name: String) {
    let folded = FoldedFieldName(name)
    let span = name.utf8Span.span
    lengths.insert(span.count)
    if !span.equalsIgnoringCase(folded.bytes.span) { oddLengths.insert(span.count) }
    if let index = entries.firstIndex(where: { $0.folded == folded }) {
      if isLookalike(span) { entries[index].spellings.append(name) }
    } else {
      entries.append(Entry(folded: folded, spellings: [name]))
    }
  }
}
