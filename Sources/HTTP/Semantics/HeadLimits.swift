/// Limits beyond which a head is refused, and the names that are guarded in it.
package struct HeadLimits: Sendable, Equatable {
  /// Bytes from the first of the start line to the end of the empty line.
  package var headBytes: Int
  /// Bytes of the request target.
  package var targetBytes: Int
  /// Field lines.
  package var fieldCount: Int
  /// Names that no other may pass for.
  package var guardedNames: GuardedFieldNames

  package init(
    headBytes: Int, targetBytes: Int, fieldCount: Int, guardedNames: GuardedFieldNames = GuardedFieldNames()
  ) {
    self.headBytes = headBytes
    self.targetBytes = targetBytes
    self.fieldCount = fieldCount
    self.guardedNames = guardedNames
  }

  /// 32 KiB, a target of 8 KiB, 100 fields.
  package static let request = HeadLimits(headBytes: 32 * 1024, targetBytes: 8 * 1024, fieldCount: 100)
  /// 64 KiB, 256 fields.
  package static let response = HeadLimits(headBytes: 64 * 1024, targetBytes: 0, fieldCount: 256)
}
