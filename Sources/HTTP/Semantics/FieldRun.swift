import Bytes

/// Fields that were formed beforehand and lie one behind the other, to be written as they are.
///
/// Their layout is that of ``FieldLayout``: HTTP/1.1 copies a run as a whole, and every other writer takes one field after the other.
package struct FieldRun: ~Escapable {
  /// The fields as they lie, for whoever keeps them somewhere else.
  package let packed: Span<UInt8>

  /// A run of fields that ``FieldBlock`` has laid out so.
  @_lifetime(copy packed)
  package init(packed: Span<UInt8>) { self.packed = packed }

  /// A run without fields.
  @_lifetime(immortal)
  package init() { packed = Span() }

  package var isEmpty: Bool { packed.isEmpty }

  /// The place of the next field at or after `position`, which is moved behind it; nil behind the last.
  package func next(_ position: inout Int) -> FieldPlace? { FieldLayout.next(in: packed, &position) }
}

/// The places of a field's name and value in the run that holds it.
package struct FieldPlace: Equatable {
  package let name: Range<Int>
  package let value: Range<Int>
}
