/// A value like that of a ``Confined``, which its holder can give away in the end.
@safe
@usableFromInline
package struct Held<Value: ~Copyable>: ~Copyable {
  // SAFETY: allocated and initialised once in `init`, never given away; `isTaken` says whether the value has moved out.
  @usableFromInline let pointer: UnsafeMutablePointer<Value>
  @usableFromInline let isTaken = Confined(false)

  @inlinable package init(_ value: consuming Value) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: value)
  }

  @inlinable deinit {
    if !isTaken.value { unsafe pointer.deinitialize(count: 1) }
    unsafe pointer.deallocate()
  }

  /// The value, until it was taken.
  @inlinable package var value: Value {
    unsafeAddress {
      assert(!isTaken.value, "used after it was given away")
      return unsafe UnsafePointer(pointer)
    }
    nonmutating unsafeMutableAddress {
      assert(!isTaken.value, "used after it was given away")
      return unsafe pointer
    }
  }

  /// Gives the value away, once.
  @inlinable package func take() -> Value {
    precondition(!isTaken.value, "given away twice")
    isTaken.value = true
    return unsafe pointer.move()
  }
}
