/// Memory for buffers, kept for the next one: last in, first out, so that what is handed out is still in the processor's cache.
///
/// A connection holds a buffer only while bytes are pending, so a worker needs about as many as it has connections in flight. What
/// lies idle is capped, and can be given back to the system with ``trim()``. Confined to one thread.
@safe
package final class BufferPool {
  /// The size of an ordinary buffer: a request head, a page of body.
  package static let small = 16 * 1024
  /// The size for bodies in bulk: a read of 64 KiB, and room for a new chunk's framing around it.
  package static let large = bulk + 64
  package static let bulk = 64 * 1024

  // SAFETY: never freed, so that a buffer may outlive its pool without counting references to it: some ten words for each pool, and
  // there is one for each worker.
  let stacks: UnsafeMutablePointer<BufferStacks>

  /// - Parameters:
  ///   - idleSmallMax: how many ordinary buffers may lie idle.
  ///   - idleLargeMax: how many large ones.
  package init(idleSmallMax: Int = 128, idleLargeMax: Int = 8) {
    unsafe stacks = .allocate(capacity: 1)
    unsafe stacks.initialize(to: BufferStacks(smallMax: idleSmallMax, largeMax: idleLargeMax))
  }

  deinit {
    trim()
    unsafe stacks.pointee.close()
  }

  /// Frees all memory that lies idle.
  package func trim() { unsafe stacks.pointee.trim() }

  /// The memory that lies idle, in bytes.
  package var idleBytes: Int { unsafe stacks.pointee.idleBytes }
}

/// The memory that lies idle in a pool.
@safe
struct BufferStacks {
  // SAFETY: every pointer in the stacks was allocated here with that stack's size and is owned by nobody else.
  private var small: [UnsafeMutableRawPointer]
  private var large: [UnsafeMutableRawPointer]
  private var smallMax: Int
  private var largeMax: Int

  init(smallMax: Int, largeMax: Int) {
    unsafe small = []
    unsafe large = []
    self.smallMax = smallMax
    self.largeMax = largeMax
  }

  var idleBytes: Int { unsafe small.count * BufferPool.small + large.count * BufferPool.large }

  /// Memory of at least that many bytes, and how many it has.
  mutating func take(atLeast size: Int) -> (UnsafeMutableRawPointer, Int) {
    if size <= BufferPool.small {
      if let memory = unsafe small.popLast() { return (unsafe memory, BufferPool.small) }
      return (.allocate(byteCount: BufferPool.small, alignment: 64), BufferPool.small)
    }
    if size <= BufferPool.large {
      if let memory = unsafe large.popLast() { return (unsafe memory, BufferPool.large) }
      return (.allocate(byteCount: BufferPool.large, alignment: 64), BufferPool.large)
    }
    return (.allocate(byteCount: size, alignment: 64), size)
  }

  mutating func takeBack(_ memory: UnsafeMutableRawPointer, capacity: Int) {
    if capacity == BufferPool.small, unsafe small.count < smallMax {
      unsafe small.append(memory)
    } else if capacity == BufferPool.large, unsafe large.count < largeMax {
      unsafe large.append(memory)
    } else {
      unsafe memory.deallocate()
    }
  }

  mutating func trim() {
    while let memory = unsafe small.popLast() { unsafe memory.deallocate() }
    while let memory = unsafe large.popLast() { unsafe memory.deallocate() }
  }

  /// Keeps nothing from now on.
  mutating func close() {
    smallMax = 0
    largeMax = 0
  }
}
