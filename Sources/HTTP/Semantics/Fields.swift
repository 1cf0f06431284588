public import Bytes

/// The field lines of a message in the order in which they came (RFC 9110 §5.3).
///
/// Keeps one copy of the bytes of the head that it was parsed from; names and values are places in it, so a head outlives the
/// buffer of its socket. The storage is kept from one message to the next. Nothing is joined silently: what must stand once is
/// asked for with ``single(_:)``.
@usableFromInline
package struct Fields: ~Copyable {
  @usableFromInline
  struct Storage: ~Copyable {
    @usableFromInline var bytes = ByteBuffer(capacity: 0)
    @usableFromInline var lines = FieldLines()
    @usableFromInline var present = KnownFieldSet()
    @usableFromInline var repeated = KnownFieldSet()
  }

  /// In memory of its own, as that of a ``RequestHead`` is.
  @usableFromInline var storage = Boxed(Storage())

  package init() {}

  /// The bytes that the lines are places in.
  @inlinable var bytes: Span<UInt8> {
    @_lifetime(borrow self) get { storage.value.bytes.readable }
  }

  var lines: FieldLines { _read { yield storage.value.lines } }

  /// The known fields that there are.
  @inlinable package var present: KnownFieldSet { storage.value.present }
  /// Those of them that stand more than once.
  @inlinable package var repeated: KnownFieldSet { storage.value.repeated }
  /// The number of lines.
  @inlinable package var count: Int { storage.value.lines.count }
  @inlinable package var isEmpty: Bool { count == 0 }

  /// The name of a line, as it was spelt.
  @_lifetime(borrow self)
  @inlinable @inline(__always) package func name(at index: Int) -> Span<UInt8> {
    bytes.extracting(storage.value.lines[index].name)
  }

  /// The value of a line, without the white space around it.
  @_lifetime(borrow self)
  @inlinable @inline(__always) package func value(at index: Int) -> Span<UInt8> {
    bytes.extracting(storage.value.lines[index].value)
  }

  /// The known field that a line is.
  @inlinable package func known(at index: Int) -> KnownField { storage.value.lines[index].known }

  @inlinable package func contains(_ field: KnownField) -> Bool { present.contains(field) }

  /// The place of the first line of that field, nil if there is none.
  @inlinable package func first(_ field: KnownField) -> Int? { contains(field) ? search(field, from: 0) : nil }

  /// The place of the first line of that field at or after `start`, nil if there is none.
  @inlinable package func next(_ field: KnownField, from start: Int) -> Int? {
    contains(field) ? search(field, from: start) : nil
  }

  @usableFromInline func search(_ field: KnownField, from start: Int) -> Int? {
    storage.value.lines.firstIndex(of: field, from: start)
  }

  /// The place of the only line of that field, nil if there is none.
  /// - Throws: if there are several.
  package func single(_ field: KnownField) throws(RepeatedField) -> Int? {
    guard !repeated.contains(field) else { throw RepeatedField(field: field) }
    return first(field)
  }

  /// The place of the first line of that name, in whatever case, at or after `start`, nil if there is none.
  package func first(named name: Span<UInt8>, from start: Int = 0) -> Int? {
    var index = start
    while index < count {
      if storage.value.lines[index].nameCount == name.count, self.name(at: index).equalsIgnoringCase(name) {
        return index
      }
      index &+= 1
    }
    return nil
  }

  /// True if one of the comma-separated elements of the field's lines is this word, whatever its case (RFC 9110 §5.6.1).
  package func list(_ field: KnownField, contains lowercaseWord: StaticString) -> Bool {
    var index = next(field, from: 0)
    while let line = index {
      if value(at: line).hasListElement(lowercaseWord) { return true }
      index = next(field, from: line &+ 1)
    }
    return false
  }

  /// The bytes of whole lines, from the first octet of the first name to the last line's CR LF.
  @_lifetime(borrow self)
  func block(_ range: Range<Int>) -> Span<UInt8> {
    guard !range.isEmpty else { return bytes.extracting(0..<0) }
    return bytes.extracting(Int(lines[range.lowerBound].start)..<Int(lines[range.upperBound &- 1].end))
  }

  // MARK: Filled by the parsers

  mutating func removeAll() {
    storage.value.bytes.removeAll()
    storage.value.lines.removeAll()
    storage.value.present = KnownFieldSet()
    storage.value.repeated = KnownFieldSet()
  }

  @inline(__always)
  mutating func append(_ line: FieldLine) {
    storage.value.lines.append(line)
    if present.contains(line.known) { storage.value.repeated.insert(line.known) }
    storage.value.present.insert(line.known)
  }

  /// Keeps the bytes that the lines are places in.
  mutating func keep(_ head: Span<UInt8>) {
    storage.value.bytes.removeAll()
    storage.value.bytes.append(head)
  }
}

/// A field that may stand once only stands several times.
package struct RepeatedField: Error, Equatable {
  package let field: KnownField
}
