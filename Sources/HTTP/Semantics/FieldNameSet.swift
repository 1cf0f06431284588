import Bytes

/// A set of field names, compared without case.
///
/// The common answer, no, costs one bit test.
package struct FieldNameSet: Sendable, Equatable {
  private(set) var lengths = LengthMask()
  private var names: [[UInt8]] = []
  /// Those of the names that are known fields.
  package private(set) var known = KnownFieldSet()

  package init() {}

  package init(_ names: [String]) {
    for name in names { insert(name) }
  }

  package var isEmpty: Bool { names.isEmpty }

  package mutating func insert(_ name: String) {
    let bytes = name.utf8.map(ASCII.lowercased)
    lengths.insert(bytes.count)
    names.append(bytes)
    let field = KnownField(name: bytes.span)
    if field.isOneName { known.insert(field) }
  }

  @inline(__always)
  package func contains(_ name: Span<UInt8>) -> Bool { lengths.contains(name.count) && isAmong(name) }

  /// The same for a name of which the known field has been found.
  @inline(__always)
  func contains(_ name: Span<UInt8>, _ field: KnownField) -> Bool {
    field.isOneName ? known.contains(field) : contains(name)
  }

  @inline(never)
  private func isAmong(_ name: Span<UInt8>) -> Bool {
    for candidate in names where candidate.span.equalsIgnoringCase(name) { return true }
    return false
  }
}

/// The lengths of the names of a set: the quick filter before any comparison.
struct LengthMask: Sendable, Equatable {
  private var bits: UInt64 = 0

  func union(_ other: LengthMask) -> LengthMask {
    var union = self
    union.bits |= other.bits
    return union
  }

  mutating func insert(_ length: Int) { bits |= Self.bit(length) }

  func contains(_ length: Int) -> Bool { bits & Self.bit(length) != 0 }

  /// All lengths of 63 and more share a bit.
  private static func bit(_ length: Int) -> UInt64 { 1 &<< UInt64(min(length, 63)) }
}

extension KnownField {
  /// True if this stands for one name, not for a family of them.
  @inline(__always)
  var isOneName: Bool { !KnownFieldSet.families.contains(self) }
}

extension KnownFieldSet {
  /// Known fields that stand for many names.
  fileprivate static var families: KnownFieldSet {
    [.accessControl, .xForwarded, .xOriginal, .xRewrite, .methodOverride, .clientCertificate, .lookalike, .other]
  }
}
