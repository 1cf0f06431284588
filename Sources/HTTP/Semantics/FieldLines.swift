/// The place of one field line in the bytes of its head.
@usableFromInline
struct FieldLine {
  /// The first octet of the name.
  @usableFromInline var start: UInt32
  @usableFromInline var nameCount: UInt32
  @usableFromInline var valueStart: UInt32
  @usableFromInline var valueEnd: UInt32
  /// Behind the line's CR LF.
  var end: UInt32
  @usableFromInline var known: KnownField
  /// True if the line is spelt as we would write it, so that a run of such lines can be copied as one block.
  var isCanonical: Bool

  @inlinable var name: Range<Int> { Int(start)..<Int(start &+ nameCount) }
  @inlinable var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

/// A list of field lines that keeps its memory when it is emptied, and checks its own bounds.
///
/// An array would ask before each append whether it is shared; there are ten appends in the reading of a head.
@safe
@usableFromInline
struct FieldLines: ~Copyable {
  // SAFETY: `base` holds `capacity` places, the first `count` of them initialised, is owned by this value alone and is freed with it.
  // It is nil only while `capacity` is 0.
  @usableFromInline var base: UnsafeMutablePointer<FieldLine>?
  @usableFromInline var capacity = 0
  @usableFromInline var count = 0

  @inlinable init() { unsafe base = nil }

  @inlinable deinit { unsafe base?.deallocate() }

  @inlinable subscript(_ index: Int) -> FieldLine {
    @inline(__always) get {
      guard let base = unsafe base, index >= 0, index < count else { preconditionFailure("no such field line") }
      return unsafe base[index]
    }
  }

  @inline(__always)
  mutating func append(_ line: FieldLine) {
    if count == capacity { grow() }
    guard let base = unsafe base else { return }
    unsafe (base + count).initialize(to: line)
    count &+= 1
  }

  mutating func removeAll() { count = 0 }

  /// The place of the first line of that field at or after `start`, nil if there is none.
  func firstIndex(of field: KnownField, from start: Int) -> Int? {
    guard let base = unsafe base, start >= 0 else { return nil }
    // SAFETY: the places below `count` are initialised, and `start` is none before the first.
    var index = start
    while index < count {
      if unsafe base[index].known == field { return index }
      index &+= 1
    }
    return nil
  }

  private mutating func grow() {
    let larger = max(16, capacity * 2)
    let memory = UnsafeMutablePointer<FieldLine>.allocate(capacity: larger)
    if let base = unsafe base {
      unsafe memory.moveInitialize(from: base, count: count)
      unsafe base.deallocate()
    }
    unsafe base = memory
    capacity = larger
  }
}
