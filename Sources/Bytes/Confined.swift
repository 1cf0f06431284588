/// A value that one thread alone uses, kept in memory of its own.
///
/// What a class has as a stored property is checked for overlapping access each time it is touched; on the way of every request
/// that adds up to more than the work itself. This has an address instead, and who uses it sees to it that a value isn't changed
/// while somebody up the stack is in the middle of changing it.
@safe
@usableFromInline
package struct Confined<Value: ~Copyable>: ~Copyable {
  // SAFETY: allocated and initialised once in `init`, freed in `deinit`, never given away.
  @usableFromInline let pointer: UnsafeMutablePointer<Value>

  @inlinable package init(_ value: consuming Value) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: value)
  }

  @inlinable deinit {
    unsafe pointer.deinitialize(count: 1)
    unsafe pointer.deallocate()
  }

  @inlinable package var value: Value {
    unsafeAddress { unsafe UnsafePointer(pointer) }
    nonmutating unsafeMutableAddress { unsafe pointer }
  }
}
