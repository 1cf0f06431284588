/// Memory for many values of one type at addresses that never change: 512 at a time, the last one given back handed out first.
///
/// Connections and waits are linked with each other by address, so they can't live in an array that moves; and an idle connection's
/// memory must not be scattered over the heap, or it is never given back. Each begins with a line of the processor's cache: what is
/// touched most should stand first in it.
@safe
struct Slab<Element: BitwiseCopyable>: ~Copyable {
  // SAFETY: `free` has room for every element there is; its first `freeCount` places are initialised, with pointers into `blocks` that
  // nobody uses. Blocks are freed only with the slab itself. A stack of its own, because an array would ask whether it is shared.
  private var blocks: [UnsafeMutableRawPointer]
  private var free: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
  private var freeCount = 0
  private let make: (UInt32) -> Element
  static var blockSize: Int { 512 }
  private static var stride: Int { (MemoryLayout<Element>.size + 63) & ~63 }

  /// - Parameter make: the fresh element of a number, which counts from 0 and is the element's for good.
  init(_ make: @escaping (UInt32) -> Element) {
    unsafe blocks = []
    unsafe free = .allocate(capacity: Self.blockSize)
    self.make = make
  }

  deinit {
    for index in unsafe blocks.indices { unsafe blocks[index].deallocate() }
    unsafe free.deallocate()
  }

  /// The number of elements that are handed out.
  var usedCount: Int { unsafe blocks.count * Self.blockSize - freeCount }

  /// An element as its last user left it, or the initial value.
  mutating func take() -> UnsafeMutablePointer<Element> {
    if freeCount == 0 { addBlock() }
    freeCount &-= 1
    return unsafe free[freeCount]
  }

  private mutating func addBlock() {
    let block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockSize * Self.stride, alignment: 64)
    let first = unsafe blocks.count * Self.blockSize
    unsafe blocks.append(block)
    unsafe free.deallocate()
    unsafe free = .allocate(capacity: totalCount)
    for index in (0..<Self.blockSize).reversed() {
      let element = unsafe (block + index * Self.stride).initializeMemory(
        as: Element.self, to: make(UInt32(truncatingIfNeeded: first + index)))
      unsafe giveBack(element)
    }
  }

  mutating func giveBack(_ element: UnsafeMutablePointer<Element>) {
    assert(freeCount < totalCount, "given back twice")
    unsafe (free + freeCount).initialize(to: element)
    freeCount &+= 1
  }

  /// The element with that number, used or not; nil past the last.
  func element(at number: Int) -> UnsafeMutablePointer<Element>? {
    let block = number / Self.blockSize
    guard unsafe block < blocks.count else { return nil }
    return unsafe (blocks[block] + number % Self.blockSize * Self.stride).assumingMemoryBound(to: Element.self)
  }

  /// The number of elements, used or not.
  var totalCount: Int { unsafe blocks.count * Self.blockSize }
}
