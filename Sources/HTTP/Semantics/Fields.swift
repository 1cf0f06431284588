import Bytes

/// The field lines of a message in the order in which they came (RFC 9110 §5.3).
///
/// Keeps one copy of the bytes of the head that it was parsed from; names and values are places in it, so a head outlives the
/// buffer of its socket. The storage is kept from one message to the next. Nothing is joined silently: what must stand once is
/// asked for with ``single(_:)``.
package struct Fields: ~Copyable {
  private(set) var bytes: [UInt8] = []
  private(set) var lines: [FieldLine] = []
  /// Which of the known fields there are.
  package private(set) var present = KnownFieldSet()
  /// Which of them stand more than once.
  package private(set) var repeated = KnownFieldSet()

  package init() {}

  /// How many lines there are.
  package var count: Int { lines.count }
  package var isEmpty: Bool { lines.isEmpty }

  /// The name of a line, as it was spelt.
  @_lifetime(borrow self)
  package func name(at index: Int) -> Span<UInt8> { bytes.span.extracting(lines[index].name) }

  /// The value of a line, without the white space around it.
  @_lifetime(borrow self)
  package func value(at index: Int) -> Span<UInt8> { bytes.span.extracting(lines[index].value) }

  /// Which of the known fields a line is.
  package func known(at index: Int) -> KnownField { lines[index].known }

  package func contains(_ field: KnownField) -> Bool { present.contains(field) }

  /// The place of the first line of that field, nil if there is none.
  package func first(_ field: KnownField) -> Int? { next(field, from: 0) }

  /// The place of the first line of that field at or after `start`, nil if there is none.
  package func next(_ field: KnownField, from start: Int) -> Int? {
    guard present.contains(field) else { return nil }
    var index = start
    while index < lines.count {
      if lines[index].known == field { return index }
      index &+= 1
    }
    return nil
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
    while index < lines.count {
      if lines[index].nameCount == name.count, self.name(at: index).equalsIgnoringCase(name) { return index }
      index &+= 1
    }
    return nil
  }

  /// Whether one of the comma-separated elements of the field's lines is this word, whatever its case (RFC 9110 §5.6.1).
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
    guard !range.isEmpty else { return bytes.span.extracting(0..<0) }
    return bytes.span.extracting(Int(lines[range.lowerBound].start)..<Int(lines[range.upperBound &- 1].end))
  }

  // MARK: Filled by the parsers

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    lines.removeAll(keepingCapacity: true)
    present = KnownFieldSet()
    repeated = KnownFieldSet()
  }

  mutating func append(_ line: FieldLine) {
    lines.append(line)
    if present.contains(line.known) { repeated.insert(line.known) }
    present.insert(line.known)
  }

  /// Keeps the bytes that the lines are places in.
  mutating func keep(_ head: Span<UInt8>) { bytes.replace(with: head) }
}

/// Where one field line lies in the bytes of its head.
struct FieldLine {
  /// The first octet of the name.
  var start: UInt32
  var nameCount: UInt32
  var valueStart: UInt32
  var valueEnd: UInt32
  /// Behind the line's CR LF.
  var end: UInt32
  var known: KnownField
  /// Whether the line is spelt as we would write it, so that a run of such lines can be copied as one block.
  var isCanonical: Bool

  var name: Range<Int> { Int(start)..<Int(start &+ nameCount) }
  var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

/// A field that may stand once only stands several times.
package struct RepeatedField: Error, Equatable {
  package let field: KnownField
}
