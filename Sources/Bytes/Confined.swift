/// A value that one thread alone uses, kept in memory of its own.
///
/// Swift checks each access to a stored property of a class for overlap. On the way of every request those checks cost more than the
/// work itself, so the value stands at an address of its own, which release builds do not check.
///
/// 1. No caller changes the value while a caller further up the stack uses it: debug builds stop where that happens.
@safe
@usableFromInline
package struct Confined<Value: ~Copyable>: ~Copyable {
  // SAFETY: allocated and initialised once in `init`, freed in `deinit`, never given away.
  @usableFromInline let pointer: UnsafeMutablePointer<Value>
  #if DEBUG
  @usableFromInline let use = ExclusiveUse()
  #endif

  @inlinable package init(_ value: consuming Value) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: value)
  }

  @inlinable deinit {
    unsafe pointer.deinitialize(count: 1)
    unsafe pointer.deallocate()
  }

  #if DEBUG
  /// The value where it stands.
  @inlinable package var value: Value {
    _read {
      use.beginReading()
      defer { use.endReading() }
      yield unsafe pointer.pointee
    }
    nonmutating _modify {
      use.beginChanging()
      defer { use.endChanging() }
      yield unsafe &pointer.pointee
    }
  }
  #else
  /// The value where it stands.
  @inlinable package var value: Value {
    unsafeAddress { unsafe UnsafePointer(pointer) }
    nonmutating unsafeMutableAddress { unsafe pointer }
  }
  #endif
}
