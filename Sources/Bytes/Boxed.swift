/// A large part of a noncopyable value, kept in memory of its own.
///
/// A value that is moved takes its parts along, byte for byte; this part stays where it is. It is changed only through whoever has the
/// whole, so Swift's own rules of exclusive access hold for it.
@safe
@usableFromInline
package struct Boxed<Value: ~Copyable>: ~Copyable {
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

  /// The value where it stands.
  @inlinable package var value: Value {
    unsafeAddress { unsafe UnsafePointer(pointer) }
    unsafeMutableAddress { unsafe pointer }
  }
}
