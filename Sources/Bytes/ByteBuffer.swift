import Glibc

/// A growable region of bytes: written at the end, read and consumed from the front.
///
/// Everything that crosses a socket or becomes text of the gateway's own is put together in one of these. The memory comes from a
/// ``BufferPool`` when the first byte is to be stored, and goes back to it with ``giveBack()`` or when the value dies, on whatever
/// path that happens: a connection that has nothing pending holds none. Positions count from the first unread byte. Confined to the
/// thread of its pool.
///
///     | consumed | readable ......... | free ...... |
///     0          start                end           capacity
@safe
@usableFromInline
package struct ByteBuffer: ~Copyable {
  // SAFETY: `base` is valid for `capacity` bytes from init to deinit, owned by this value alone, and 0 ≤ start ≤ end ≤ capacity
  // holds between calls; all access below is checked against these three.
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline private(set) package var capacity: Int
  @usableFromInline var start = 0
  @usableFromInline var end = 0
  // SAFETY: a pool's stacks are never freed; nil for a buffer of its own memory.
  @usableFromInline let stacks: UnsafeMutablePointer<BufferStacks>?

  /// A buffer of its own memory, freed with it.
  package init(capacity: Int = 256) {
    unsafe stacks = nil
    guard capacity > 0 else {
      unsafe base = Self.none
      self.capacity = 0
      return
    }
    unsafe base = .allocate(byteCount: capacity, alignment: 16)
    self.capacity = capacity
  }

  /// A buffer that is there to be exchanged for another one.
  @inlinable package init(empty: Void) {
    unsafe base = Self.none
    capacity = 0
    unsafe stacks = nil
  }

  /// A buffer that takes its memory from the pool when it needs some.
  package init(from pool: borrowing BufferPool) {
    unsafe base = Self.none
    capacity = 0
    unsafe stacks = pool.stacks
  }

  deinit { if capacity > 0 { unsafe Self.release(base, capacity: capacity, to: stacks) } }

  /// The buffer's memory and what is unread in it, without an owner: for whoever keeps it where a noncopyable value can't be.
  @unsafe
  package struct Memory: BitwiseCopyable {
    fileprivate let base: UnsafeMutableRawPointer
    fileprivate let capacity: Int
    fileprivate let start: Int
    fileprivate let end: Int
    fileprivate let stacks: UnsafeMutablePointer<BufferStacks>?
  }

  /// Takes over what ``surrenderMemory()`` gave, which must happen exactly once.
  @unsafe package init(_ memory: Memory) {
    unsafe base = memory.base
    unsafe capacity = memory.capacity
    unsafe start = memory.start
    unsafe end = memory.end
    unsafe stacks = memory.stacks
  }

  /// Gives the memory away with what is in it; the buffer is empty afterwards.
  @unsafe package mutating func surrenderMemory() -> Memory {
    let memory = unsafe Memory(base: base, capacity: capacity, start: start, end: end, stacks: stacks)
    unsafe base = Self.none
    capacity = 0
    start = 0
    end = 0
    return unsafe memory
  }

  // SAFETY: never read or written, since it goes with a capacity of 0. Well aligned for a span of anything.
  @inlinable static var none: UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped
  }

  private static func release(
    _ memory: UnsafeMutableRawPointer, capacity: Int, to stacks: UnsafeMutablePointer<BufferStacks>?
  ) {
    if let stacks = unsafe stacks {
      unsafe stacks.pointee.takeBack(memory, capacity: capacity)
    } else {
      unsafe memory.deallocate()
    }
  }

  /// The number of bytes that wait to be read.
  @inlinable package var count: Int { end &- start }
  @inlinable package var isEmpty: Bool { end == start }
  /// The number of bytes that fit behind the last one without growing.
  @inlinable package var freeCount: Int { capacity &- end }

  /// The unread bytes.
  @inlinable package var readable: Span<UInt8> {
    @_lifetime(borrow self) get {
      let bytes = unsafe UnsafeRawPointer(base + start).assumingMemoryBound(to: UInt8.self)
      let span = unsafe Span(_unsafeStart: bytes, count: end &- start)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The unread bytes, to be changed where they stand.
  @inlinable package var mutableReadable: MutableSpan<UInt8> {
    @_lifetime(&self) mutating get {
      let bytes = unsafe (base + start).assumingMemoryBound(to: UInt8.self)
      let span = unsafe MutableSpan(_unsafeStart: bytes, count: end &- start)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// Marks the first `count` unread bytes as read.
  @inlinable package mutating func consume(_ count: Int) {
    precondition(count >= 0 && count <= end &- start, "more consumed than was there")
    start &+= count
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Drops all unread bytes but the first `count`.
  @inlinable package mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= end &- start, "truncated to more than was there")
    end = start &+ count
  }

  /// Drops everything; the memory stays.
  @inlinable package mutating func removeAll() {
    start = 0
    end = 0
  }

  /// Gives the memory back to the pool if nothing is unread; the buffer stays usable.
  package mutating func giveBack() {
    guard start == end, capacity > 0, unsafe stacks != nil else { return }
    unsafe Self.release(base, capacity: capacity, to: stacks)
    unsafe base = Self.none
    capacity = 0
    start = 0
    end = 0
  }

  /// Makes room for `count` more bytes, by moving the unread ones to the front or into larger memory.
  @inlinable package mutating func reserve(_ count: Int) {
    if capacity &- end < count { makeRoom(for: count) }
  }

  @usableFromInline mutating func makeRoom(for extra: Int) {
    let unread = end - start
    if capacity - unread >= extra && start >= unread {
      unsafe memcpy(base, base + start, unread)
    } else if capacity - unread >= extra {
      unsafe memmove(base, base + start, unread)
    } else {
      let wanted = max(unread + extra, 2 * capacity, 64)
      let memory: UnsafeMutableRawPointer
      let size: Int
      if let stacks = unsafe stacks {
        unsafe (memory, size) = stacks.pointee.take(atLeast: wanted)
      } else {
        unsafe (memory, size) = (.allocate(byteCount: wanted, alignment: 16), wanted)
      }
      if capacity > 0 {
        unsafe memcpy(memory, base + start, unread)
        unsafe Self.release(base, capacity: capacity, to: stacks)
      }
      unsafe base = memory
      capacity = size
    }
    start = 0
    end = unread
  }

  /// Copies what doesn't overlap: in four words at most, some of them overlapping, what is as short as names and values mostly are.
  @inlinable @inline(__always)
  static func copy(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, count: Int) {
    guard count >= 8 && count <= 32 else { return unsafe target.copyMemory(from: source, byteCount: count) }
    let first = unsafe source.loadUnaligned(as: UInt64.self)
    let last = unsafe source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    if count > 16 {
      let second = unsafe source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      let third = unsafe source.loadUnaligned(fromByteOffset: count &- 16, as: UInt64.self)
      unsafe target.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
      unsafe target.storeBytes(of: third, toByteOffset: count &- 16, as: UInt64.self)
    }
    unsafe target.storeBytes(of: first, as: UInt64.self)
    unsafe target.storeBytes(of: last, toByteOffset: count &- 8, as: UInt64.self)
  }

  @inlinable package mutating func append(_ byte: UInt8) {
    reserve(1)
    unsafe base.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
    end &+= 1
  }

  @inlinable package mutating func append(_ bytes: Span<UInt8>) { appendInline(bytes) }

  /// Appends the bytes without a call, for where many short pieces are put together.
  @inlinable @inline(__always)
  package mutating func appendInline(_ bytes: Span<UInt8>) {
    let count = bytes.count
    guard count > 0 else { return }
    reserve(count)
    unsafe bytes.withUnsafeBufferPointer { source in
      if let from = source.baseAddress { unsafe Self.copy(from, to: base + end, count: count) }
    }
    end &+= count
  }

  /// Appends a literal's UTF-8.
  @inlinable package mutating func append(_ text: StaticString) { appendInline(text) }

  /// Appends a literal's UTF-8 without a call; of a literal that is known where this is compiled nothing remains but stores.
  @inlinable @inline(__always)
  package mutating func appendInline(_ text: StaticString) {
    let count = text.utf8CodeUnitCount
    reserve(count)
    unsafe (base + end).copyMemory(from: text.utf8Start, byteCount: count)
    end &+= count
  }

  /// Appends two literals, the bytes and a third literal, with one look at the room that there is.
  @inlinable @inline(__always)
  package mutating func appendInline(
    _ first: StaticString, _ second: StaticString, _ bytes: Span<UInt8>, _ last: StaticString
  ) {
    let count = bytes.count
    let fixed = first.utf8CodeUnitCount &+ second.utf8CodeUnitCount
    reserve(fixed &+ count &+ last.utf8CodeUnitCount)
    let target = unsafe base + end
    unsafe target.copyMemory(from: first.utf8Start, byteCount: first.utf8CodeUnitCount)
    unsafe (target + first.utf8CodeUnitCount).copyMemory(from: second.utf8Start, byteCount: second.utf8CodeUnitCount)
    unsafe bytes.withUnsafeBufferPointer { source in
      if let from = source.baseAddress { unsafe Self.copy(from, to: target + fixed, count: count) }
    }
    unsafe (target + fixed + count).copyMemory(from: last.utf8Start, byteCount: last.utf8CodeUnitCount)
    end &+= fixed &+ count &+ last.utf8CodeUnitCount
  }

  /// Appends a string's UTF-8.
  ///
  /// For literals and wire bytes there are cheaper ways.
  package mutating func append(text: String) {
    var text = text
    text.withUTF8 { unsafe append(Span(_unsafeElements: $0)) }
  }

  /// Appends the number in decimal digits.
  @inlinable package mutating func append(decimal value: Int) {
    if value < 0 { append(UInt8(ascii: "-")) }
    var magnitude = value.magnitude
    var digits = 1
    var bound: UInt = 10
    while digits < 20 && magnitude >= bound {
      digits &+= 1
      bound = bound &* 10
      if digits == 20 { break }
    }
    reserve(digits)
    var position = end &+ digits
    end = position
    repeat {
      let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: 10)
      position &-= 1
      unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: remainder) &+ 48, toByteOffset: position, as: UInt8.self)
      magnitude = quotient
    } while magnitude > 0
  }

  /// Appends the number in lower-case hexadecimal, padded with zeros to `width` digits, at most 16.
  package mutating func append(hexadecimal value: UInt64, width: Int = 1) {
    let count = min(max(width, (67 &- value.leadingZeroBitCount) / 4, 1), 16)
    reserve(16)
    // The digits asked for are moved to the front of sixteen; what is stored behind them is overwritten by whatever comes next.
    let shifted = value << UInt64(4 &* (16 &- count))
    let high = Self.hexadecimalDigits(UInt32(truncatingIfNeeded: shifted >> 32))
    let low = Self.hexadecimalDigits(UInt32(truncatingIfNeeded: shifted))
    unsafe base.storeBytes(of: high.bigEndian, toByteOffset: end, as: UInt64.self)
    unsafe base.storeBytes(of: low.bigEndian, toByteOffset: end &+ 8, as: UInt64.self)
    end &+= count
  }

  /// Eight digits, the first in the highest byte: nibbles spread over the bytes, then those above 9 moved to the letters.
  private static func hexadecimalDigits(_ value: UInt32) -> UInt64 {
    var nibbles = UInt64(value)
    nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
    nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
    nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
    let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 39
  }

  /// Hands `body` the free memory behind the last byte; what it returns is how many bytes it has written there.
  ///
  /// For system calls that fill memory. The count is checked against the room that was there.
  @unsafe @inlinable package mutating func withUnsafeFreeSpace(_ body: (UnsafeMutableRawBufferPointer) -> Int) {
    let room = capacity &- end
    let written = unsafe body(UnsafeMutableRawBufferPointer(start: base + end, count: room))
    precondition(written >= 0 && written <= room, "wrote past the buffer")
    end &+= written
  }

  /// Hands `body` the unread bytes as raw memory, for system calls.
  @unsafe @inlinable package borrowing func withUnsafeReadable<Result: ~Copyable>(
    _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    unsafe body(UnsafeRawBufferPointer(start: base + start, count: end &- start))
  }
}

extension ByteBuffer {
  /// The unread bytes as text; bytes that aren't UTF-8 become U+FFFD.
  ///
  /// For messages and tests.
  package var text: String { readable.text }
}
