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

/// The memory that lies idle in a pool: of each size a list that runs through the idle memory itself.
@safe
@usableFromInline
struct BufferStacks {
  private var small: List
  private var large: List

  /// Idle memory of one size.
  @safe
  private struct List {
    // SAFETY: every piece was allocated here with `size` bytes and is owned by nobody else; its first word points to the next one, or
    // is nil in the last.
    private var first: UnsafeMutableRawPointer?
    private(set) var count = 0
    var limit: Int
    let size: Int

    init(of size: Int, limit: Int) {
      unsafe first = nil
      self.size = size
      self.limit = limit
    }

    mutating func take() -> UnsafeMutableRawPointer {
      guard let memory = unsafe first else { return .allocate(byteCount: size, alignment: 64) }
      unsafe first = memory.load(as: UnsafeMutableRawPointer?.self)
      count &-= 1
      return unsafe memory
    }

    mutating func takeBack(_ memory: UnsafeMutableRawPointer) {
      guard count < limit else { return unsafe memory.deallocate() }
      unsafe memory.storeBytes(of: first, as: UnsafeMutableRawPointer?.self)
      unsafe first = memory
      count &+= 1
    }

    mutating func trim() {
      while let memory = unsafe first {
        unsafe first = memory.load(as: UnsafeMutableRawPointer?.self)
        unsafe memory.deallocate()
      }
      count = 0
    }
  }

  init(smallMax: Int, largeMax: Int) {
    small = List(of: BufferPool.small, limit: smallMax)
    large = List(of: BufferPool.large, limit: largeMax)
  }

  var idleBytes: Int { small.count * small.size + large.count * large.size }

  /// Memory of at least that many bytes, and how many it has.
  mutating func take(atLeast size: Int) -> (UnsafeMutableRawPointer, Int) {
    if size <= BufferPool.small { return (unsafe small.take(), BufferPool.small) }
    if size <= BufferPool.large { return (unsafe large.take(), BufferPool.large) }
    return (.allocate(byteCount: size, alignment: 64), size)
  }

  mutating func takeBack(_ memory: UnsafeMutableRawPointer, capacity: Int) {
    if capacity == BufferPool.small {
      unsafe small.takeBack(memory)
    } else if capacity == BufferPool.large {
      unsafe large.takeBack(memory)
    } else {
      unsafe memory.deallocate()
    }
  }

  mutating func trim() {
    small.trim()
    large.trim()
  }

  /// Keeps nothing from now on.
  mutating func close() {
    small.limit = 0
    large.limit = 0
  }
}
