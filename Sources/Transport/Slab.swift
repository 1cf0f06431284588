/// Memory for many values of one type at addresses that never change: 512 at a time, the last one given back handed out first.
///
/// Connections and waits are linked with each other by address, so they can't live in an array that moves; and an idle connection's
/// memory must not be scattered over the heap, or it is never given back. Each begins with a line of the processor's cache: what is
/// touched most should stand first in it.
@safe
struct Slab<Element: BitwiseCopyable>: ~Copyable {
  // SAFETY: every pointer in `free` lies in one of `blocks` and is in use by nobody; blocks are freed only with the slab itself.
  private var blocks: [UnsafeMutableRawPointer]
  private var free: [UnsafeMutablePointer<Element>]
  private let make: (UInt32) -> Element
  static var blockSize: Int { 512 }
  private static var stride: Int { (MemoryLayout<Element>.size + 63) & ~63 }

  /// - Parameter make: the fresh element of a number, which counts from 0 and is the element's for good.
  init(_ make: @escaping (UInt32) -> Element) {
    unsafe blocks = []
    unsafe free = []
    self.make = make
  }

  deinit {
    for index in unsafe blocks.indices { unsafe blocks[index].deallocate() }
  }

  /// How many elements are handed out.
  var usedCount: Int { unsafe blocks.count * Self.blockSize - free.count }

  /// An element as its last user left it, or the initial value.
  mutating func take() -> UnsafeMutablePointer<Element> {
    if let element = unsafe free.popLast() { return unsafe element }
    let block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockSize * Self.stride, alignment: 64)
    let first = unsafe blocks.count * Self.blockSize
    unsafe blocks.append(block)
    unsafe free.reserveCapacity(blocks.count * Self.blockSize)
    for index in (0..<Self.blockSize).reversed() {
      let element = unsafe (block + index * Self.stride).initializeMemory(
        as: Element.self, to: make(UInt32(truncatingIfNeeded: first + index)))
      unsafe free.append(element)
    }
    return unsafe free.removeLast()
  }

  mutating func giveBack(_ element: UnsafeMutablePointer<Element>) { unsafe free.append(element) }

  /// The element with that number, used or not; nil past the last.
  func element(at number: Int) -> UnsafeMutablePointer<Element>? {
    let block = number / Self.blockSize
    guard unsafe block < blocks.count else { return nil }
    return unsafe (blocks[block] + number % Self.blockSize * Self.stride).assumingMemoryBound(to: Element.self)
  }

  /// How many elements there are, used or not.
  var totalCount: Int { unsafe blocks.count * Self.blockSize }
}
