#if DEBUG
/// The uses of a value that are under way: any number of readers, or one that changes it.
///
/// Takes the place of Swift's own checks for a value behind a pointer. Only debug builds have it.
@safe
@usableFromInline
struct ExclusiveUse: ~Copyable {
  // SAFETY: allocated and initialised once in `init`, freed in `deinit`, never given away. Positive: readers; -1: one that changes.
  @usableFromInline let count: UnsafeMutablePointer<Int>

  @inlinable init() {
    unsafe count = .allocate(capacity: 1)
    unsafe count.initialize(to: 0)
  }

  @inlinable deinit { unsafe count.deallocate() }

  @inlinable func beginReading() {
    precondition(unsafe count.pointee >= 0, "overlapping accesses: the value is read while it is being changed")
    unsafe count.pointee += 1
  }

  @inlinable func endReading() { unsafe count.pointee -= 1 }

  @inlinable func beginChanging() {
    precondition(unsafe count.pointee == 0, "overlapping accesses: the value is changed while it is in use")
    unsafe count.pointee = -1
  }

  @inlinable func endChanging() { unsafe count.pointee = 0 }
}
#endif
