import Bytes

/// The names under which upstreams are told who asks.
///
/// No client may send one, in any spelling that an upstream might fold onto it (``FoldedFieldName``).
package struct IdentityFieldNames: Sendable, Equatable {
  private(set) var lengths = LengthMask()
  private var folded: [FoldedFieldName] = []
  /// Those of the names that are known fields.
  private(set) var known = KnownFieldSet()

  package init() {}

  package init(_ names: [String]) {
    for name in names {
      let folded = FoldedFieldName(name)
      lengths.insert(folded.bytes.count)
      self.folded.append(folded)
      let field = KnownField(name: folded.bytes.span)
      if field.isOneName { known.insert(field) }
    }
  }

  package var isEmpty: Bool { folded.isEmpty }

  /// True if an upstream might take the name for one of these.
  @inline(__always)
  package func covers(_ name: Span<UInt8>) -> Bool { lengths.contains(name.count) && isAmong(name) }

  /// The same for a name of which the known field has been found: no other spelling of a known field is that field.
  @inline(__always)
  func covers(_ name: Span<UInt8>, _ field: KnownField) -> Bool {
    field.isOneName ? known.contains(field) : covers(name)
  }

  @inline(never)
  private func isAmong(_ name: Span<UInt8>) -> Bool {
    for candidate in folded where candidate.covers(name) { return true }
    return false
  }

  /// True if an upstream might take the name for one of these.
  package func covers(_ name: String) -> Bool { covers(name.utf8Span.span) }
}
