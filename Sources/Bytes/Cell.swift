/// A place in memory of its own for one value, occupied or empty.
///
/// A large noncopyable value that comes and goes is moved twice, in and out; in between it is used where it stands. An optional
/// stored property would be copied with whatever holds it, and unwrapped at each use.
///
/// 1. ``value`` is used only while the cell is occupied.
/// 2. No caller changes the value while a caller further up the stack uses it, nor takes it out or puts another one in.
///
/// Debug builds stop where one of them is broken.
@safe
@usableFromInline
package struct Cell<Value: ~Copyable>: ~Copyable {
  // SAFETY: allocated once, freed in `deinit`, never given away; initialised if and only if `isOccupied`.
  @usableFromInline let pointer: UnsafeMutablePointer<Value>
  @usableFromInline package internal(set) var isOccupied: Bool
  #if DEBUG
  @usableFromInline let use = ExclusiveUse()
  #endif

  /// Makes an empty cell.
  @inlinable package init() {
    unsafe pointer = .allocate(capacity: 1)
    isOccupied = false
  }

  /// Makes a cell that holds the value.
  @inlinable package init(_ value: consuming Value) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: value)
    isOccupied = true
  }

  @inlinable deinit {
    if isOccupied { unsafe pointer.deinitialize(count: 1) }
    unsafe pointer.deallocate()
  }

  #if DEBUG
  /// The value where it stands.
  @inlinable package var value: Value {
    _read {
      precondition(isOccupied, "an empty cell has no value")
      use.beginReading()
      defer { use.endReading() }
      yield unsafe pointer.pointee
    }
    nonmutating _modify {
      precondition(isOccupied, "an empty cell has no value")
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

  /// Puts the value into the cell; one that was there dies.
  @inlinable package mutating func put(_ value: consuming Value) {
    clear()
    unsafe pointer.initialize(to: value)
    isOccupied = true
  }

  /// Takes the value out of the cell.
  @inlinable package mutating func take() -> Value {
    precondition(isOccupied, "an empty cell has no value")
    #if DEBUG
    use.beginChanging()
    defer { use.endChanging() }
    #endif
    isOccupied = false
    return unsafe pointer.move()
  }

  /// Leaves the cell empty; the value dies.
  @inlinable package mutating func clear() {
    guard isOccupied else { return }
    #if DEBUG
    use.beginChanging()
    defer { use.endChanging() }
    #endif
    isOccupied = false
    unsafe pointer.deinitialize(count: 1)
  }
}
