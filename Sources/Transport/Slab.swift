/// Memory for many values of one type at addresses that never change: 512 at a time, the last one given back handed out first.
///
/// Connections and waits are linked with each other by address, so they can't live in an array that moves; and an idle connection's
/// memory must not be scattered over the heap, or it is never given back.
@safe
struct Slab<Element: BitwiseCopyable>: ~Copyable {
  // SAFETY: every pointer in `free` lies in one of `blocks` and is in use by nobody; blocks are freed only with the slab itself.
  private var blocks: [UnsafeMutablePointer<Element>]
  private var free: [UnsafeMutablePointer<Element>]
  private let make: (UInt32) -> Element
  static var blockSize: Int { 512 }

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
    let block = UnsafeMutablePointer<Element>.allocate(capacity: Self.blockSize)
    let first = unsafe blocks.count * Self.blockSize
    for index in 0..<Self.blockSize {
      unsafe (block + index).initialize(to: make(UInt32(truncatingIfNeeded: first + index)))
    }
    unsafe blocks.append(block)
    unsafe free.reserveCapacity(blocks.count * Self.blockSize)
    for index in (1..<Self.blockSize).reversed() { unsafe free.append(block + index) }
    return unsafe block
  }

  mutating func giveBack(_ element: UnsafeMutablePointer<Element>) { unsafe free.append(element) }

  /// The element with that number, used or not; nil past the last.
  func element(at number: Int) -> UnsafeMutablePointer<Element>? {
    let block = number / Self.blockSize
    guard unsafe block < blocks.count else { return nil }
    return unsafe blocks[block] + number % Self.blockSize
  }

  /// How many elements there are, used or not.
  var totalCount: Int { unsafe blocks.count * Self.blockSize }
}
