/// The memory that blocks of it take from the allocator, for code that bounds it.
package enum Allocation {
  /// The bytes that the allocator takes for a block of that many: a word of its own before each, sixteen at a time, 32 at least.
  @inlinable package static func byteCount(ofBlock count: Int) -> Int { max(32, (count &+ 8 &+ 15) & ~15) }

  /// The bytes that an array of bytes takes whose storage has room for that many.
  @inlinable package static func byteCount(ofArray capacity: Int) -> Int {
    capacity == 0 ? 0 : byteCount(ofBlock: arrayHeader &+ capacity)
  }

  /// The bytes that an object takes whose properties take that many.
  @inlinable package static func byteCount(ofObject properties: Int) -> Int {
    byteCount(ofBlock: objectHeader &+ properties)
  }

  /// The bytes before the elements of an array: its type, its reference counts, its count and its capacity.
  @usableFromInline static var arrayHeader: Int { 32 }
  /// The bytes before the properties of an object: its type and its reference counts.
  @usableFromInline static var objectHeader: Int { 16 }
}
