/// Memory for buffers, kept for the next one: last in, first out, so that what is handed out is still in the processor's cache.
///
/// A connection holds a buffer only while bytes are pending, so a worker needs about as many as it has connections in flight. What
/// lies idle is capped, and can be given back to the system with ``trim()``. Confined to one thread.
@safe
package final class BufferPool {
  /// The size of an ordinary buffer: a request head, a page of body.
  package static let small = 16 * 1024
  /// The size for bodies in bulk.
  package static let large = 256 * 1024

  private let state: Confined<State>
  private let idleSmallMax: Int
  private let idleLargeMax: Int

  @safe private struct State {
    // SAFETY: every pointer in the stacks was allocated here with that stack's size and is owned by nobody else.
    var small: [UnsafeMutableRawPointer]
    var large: [UnsafeMutableRawPointer]
  }

  /// - Parameters:
  ///   - idleSmallMax: how many ordinary buffers may lie idle.
  ///   - idleLargeMax: how many large ones.
  package init(idleSmallMax: Int = 128, idleLargeMax: Int = 8) {
    state = Confined(unsafe State(small: [], large: []))
    self.idleSmallMax = idleSmallMax
    self.idleLargeMax = idleLargeMax
  }

  deinit { trim() }

  /// Frees all memory that lies idle.
  package func trim() {
    while let memory = unsafe state.value.small.popLast() { unsafe memory.deallocate() }
    while let memory = unsafe state.value.large.popLast() { unsafe memory.deallocate() }
  }

  /// How many bytes lie idle.
  package var idleBytes: Int {
    unsafe state.value.small.count * Self.small + state.value.large.count * Self.large
  }

  func take(atLeast size: Int) -> (UnsafeMutableRawPointer, Int) {
    if size <= Self.small {
      if let memory = unsafe state.value.small.popLast() { return (unsafe memory, Self.small) }
      return (.allocate(byteCount: Self.small, alignment: 64), Self.small)
    }
    if size <= Self.large {
      if let memory = unsafe state.value.large.popLast() { return (unsafe memory, Self.large) }
      return (.allocate(byteCount: Self.large, alignment: 64), Self.large)
    }
    return (.allocate(byteCount: size, alignment: 64), size)
  }

  func takeBack(_ memory: UnsafeMutableRawPointer, capacity: Int) {
    if capacity == Self.small, unsafe state.value.small.count < idleSmallMax {
      unsafe state.value.small.append(memory)
    } else if capacity == Self.large, unsafe state.value.large.count < idleLargeMax {
      unsafe state.value.large.append(memory)
    } else {
      unsafe memory.deallocate()
    }
  }
}
