import Bytes

/// Fields of the gateway's own: formed once, and written as often as they are needed.
///
/// Every field of a block has been checked: none can begin another field.
package struct FieldBlock: Sendable, Equatable {
  /// In the layout of a ``FieldRun``.
  private var bytes: [UInt8] = []

  /// A block without fields.
  package init() {}

  /// A block of fields that another one has lent.
  ///
  /// - Parameter more: the number of bytes of further fields that it has room for.
  package init(copying run: FieldRun, reserving more: Int = 0) {
    bytes.reserveCapacity(run.packed.count + more)
    bytes.append(run.packed)
  }

  package var isEmpty: Bool { bytes.isEmpty }

  /// The bytes of memory that it takes.
  package var heldByteCount: Int { Allocation.byteCount(ofArray: bytes.capacity) }

  /// The fields in their order.
  package var run: FieldRun {
    @_lifetime(borrow self) get { FieldRun(packed: bytes.span) }
  }

  /// Appends a field.
  ///
  /// The name must be a token; the value holds no CR, LF, NUL or other control, and no white space at its ends.
  /// - Returns: false if they are not so, and nothing is appended.
  package mutating func append(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
    guard name.isToken, value.isFieldValue, value.trimmed.count == value.count else { return false }
    FieldLayout.append(name, value, to: &bytes)
    return true
  }

  /// Appends a field under the same conditions, for what comes as text.
  package mutating func append(name: String, value: String) -> Bool {
    append(name: Array(name.utf8).span, value: Array(value.utf8).span)
  }

  /// Appends the other's fields.
  package mutating func append(_ other: FieldBlock) { bytes.append(other.bytes.span) }

  /// The names of the fields, for messages.
  package var names: [String] { fields.map(\.name) }

  /// Names and values, for messages and tests.
  package var fields: [(name: String, value: String)] {
    var fields: [(String, String)] = []
    var position = 0
    while let place = run.next(&position) {
      fields.append((bytes.span.extracting(place.name).text, bytes.span.extracting(place.value).text))
    }
    return fields
  }
}
