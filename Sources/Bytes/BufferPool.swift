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

  // SAFETY: every pointer in the stacks was allocated here with that stack's size and is owned by nobody else.
  private var smallOnes: [UnsafeMutableRawPointer]
  private var largeOnes: [UnsafeMutableRawPointer]
  private let idleSmallMax: Int
  private let idleLargeMax: Int

  /// - Parameters:
  ///   - idleSmallMax: how many ordinary buffers may lie idle.
  ///   - idleLargeMax: how many large ones.
  package init(idleSmallMax: Int = 128, idleLargeMax: Int = 8) {
    unsafe smallOnes = []
    unsafe largeOnes = []
    self.idleSmallMax = idleSmallMax
    self.idleLargeMax = idleLargeMax
  }

  deinit { trim() }

  /// Frees all memory that lies idle.
  package func trim() {
    while let memory = unsafe smallOnes.popLast() { unsafe memory.deallocate() }
    while let memory = unsafe largeOnes.popLast() { unsafe memory.deallocate() }
  }

  /// How many bytes lie idle.
  package var idleBytes: Int { unsafe smallOnes.count * Self.small + largeOnes.count * Self.large }

  func take(atLeast size: Int) -> (UnsafeMutableRawPointer, Int) {
    if size <= Self.small {
      if let memory = unsafe smallOnes.popLast() { return (unsafe memory, Self.small) }
      return (.allocate(byteCount: Self.small, alignment: 64), Self.small)
    }
    if size <= Self.large {
      if let memory = unsafe largeOnes.popLast() { return (unsafe memory, Self.large) }
      return (.allocate(byteCount: Self.large, alignment: 64), Self.large)
    }
    return (.allocate(byteCount: size, alignment: 64), size)
  }

  func takeBack(_ memory: UnsafeMutableRawPointer, capacity: Int) {
    switch capacity {
    case Self.small where unsafe smallOnes.count < idleSmallMax: unsafe smallOnes.append(memory)
    case Self.large where unsafe largeOnes.count < idleLargeMax: unsafe largeOnes.append(memory)
    default: unsafe memory.deallocate()
    }
  }
}
