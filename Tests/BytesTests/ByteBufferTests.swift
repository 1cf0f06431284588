import Bytes
import Testing

@Suite struct `A byte buffer` {
  @Test func `gives back what was put in, in order`() {
    var buffer = ByteBuffer()
    buffer.append("abc")
    buffer.append(UInt8(ascii: "-"))
    buffer.append(Array("def".utf8).span)
    buffer.append(text: "é")
    #expect(buffer.text == "abc-defé")
    #expect(buffer.count == 9)
  }

  @Test func `takes pieces of every length as they are`() {
    let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 1) }
    for count in 0...bytes.count {
      let piece = Array(bytes.prefix(count))
      var buffer = ByteBuffer(capacity: 0)
      buffer.append(piece.span)
      buffer.append(UInt8(ascii: "|"))
      buffer.appendInline("Name: ")
      buffer.appendInline(piece.span)
      buffer.appendInline("|", "X: ", piece.span, "!")
      let written = buffer.readable.array
      #expect(written == piece + Array("|Name: ".utf8) + piece + Array("|X: ".utf8) + piece + Array("!".utf8))
    }
  }

  @Test func `forgets what is consumed, and starts over when it is empty`() {
    var buffer = ByteBuffer(capacity: 16)
    buffer.append("0123456789")
    buffer.consume(4)
    #expect(buffer.text == "456789")
    #expect(buffer.freeCount == 6)
    buffer.consume(6)
    #expect(buffer.count == 0)
    #expect(buffer.freeCount == 16)
  }

  @Test func `makes room by moving the unread to the front`() {
    var buffer = ByteBuffer(capacity: 16)
    buffer.append("0123456789abcdef")
    buffer.consume(12)
    buffer.append("ghijkl")
    #expect(buffer.text == "cdefghijkl")
    #expect(buffer.capacity == 16)
  }

  @Test func `moves the unread over themselves`() {
    var buffer = ByteBuffer(capacity: 16)
    buffer.append("0123456789abcdef")
    buffer.consume(3)
    buffer.append("gh")
    #expect(buffer.text == "3456789abcdefgh")
    #expect(buffer.capacity == 16)
  }

  @Test func `grows when it must`() {
    var buffer = ByteBuffer(capacity: 16)
    for index in 0..<1000 { buffer.append(UInt8(truncatingIfNeeded: index)) }
    #expect(buffer.count == 1000)
    #expect(buffer.readable.array == (0..<1000).map { UInt8(truncatingIfNeeded: $0) })
  }

  @Test func `is truncated from the end`() {
    var buffer = ByteBuffer()
    buffer.append("abcdef")
    buffer.consume(1)
    buffer.truncate(to: 2)
    #expect(buffer.text == "bc")
    buffer.removeAll()
    #expect(buffer.count == 0)
  }

  @Test func `is changed where it stands`() {
    var buffer = ByteBuffer()
    buffer.append("abc")
    buffer.consume(1)
    var bytes = buffer.mutableReadable
    bytes[0] = UInt8(ascii: "B")
    #expect(buffer.text == "Bc")
  }

  @Test(arguments: [
    (0, "0"), (7, "7"), (10, "10"), (99, "99"), (100, "100"), (-1, "-1"), (Int.max, "9223372036854775807"),
    (Int.min, "-9223372036854775808"),
  ])
  func `writes decimal numbers`(_ number: Int, _ text: String) {
    var buffer = ByteBuffer()
    buffer.append(decimal: number)
    #expect(buffer.text == text)
  }

  @Test(arguments: [
    (0 as UInt64, 1, "0"), (0, 4, "0000"), (10, 1, "a"), (16, 1, "10"), (0xABC, 2, "abc"), (1, 16, "0000000000000001"),
    (.max, 1, "ffffffffffffffff"),
  ])
  func `writes hexadecimal numbers`(_ number: UInt64, _ width: Int, _ text: String) {
    var buffer = ByteBuffer()
    buffer.append(hexadecimal: number, width: width)
    #expect(buffer.text == text)
  }

  @Test func `is filled and read as raw memory`() {
    var buffer = ByteBuffer(capacity: 16)
    unsafe buffer.withUnsafeFreeSpace { memory in
      unsafe memory[0] = UInt8(ascii: "x")
      return 1
    }
    #expect(buffer.text == "x")
    let count = unsafe buffer.withUnsafeReadable { $0.count }
    #expect(count == 1)
  }
}

@Suite struct `A buffer pool` {
  /// A buffer that has taken its memory.
  private func buffer(_ pool: BufferPool, capacity: Int = BufferPool.small) -> ByteBuffer {
    var buffer = ByteBuffer(from: pool)
    buffer.reserve(capacity)
    return buffer
  }

  @Test func `gives memory to a buffer only when something is to be stored`() {
    let pool = BufferPool()
    var buffer = ByteBuffer(from: pool)
    #expect(buffer.capacity == 0)
    buffer.append("x")
    #expect(buffer.capacity == BufferPool.small)
    buffer.giveBack()
    #expect(buffer.capacity == BufferPool.small, "something is unread")
    buffer.consume(1)
    buffer.giveBack()
    #expect(buffer.capacity == 0)
    #expect(pool.idleBytes == BufferPool.small)
  }

  @Test func `hands out again what has come back`() {
    let pool = BufferPool()
    do {
      var buffer = self.buffer(pool)
      buffer.append("x")
      #expect(buffer.capacity == BufferPool.small)
    }
    #expect(pool.idleBytes == BufferPool.small)
    let again = buffer(pool)
    #expect(again.count == 0)
    #expect(pool.idleBytes == 0)
  }

  @Test func `keeps no more than it may`() {
    let pool = BufferPool(idleSmallMax: 1, idleLargeMax: 0)
    do {
      let first = buffer(pool)
      let second = buffer(pool)
      let large = buffer(pool, capacity: BufferPool.large)
      #expect(first.count + second.count == 0 && large.capacity == BufferPool.large)
    }
    #expect(pool.idleBytes == BufferPool.small)
    pool.trim()
    #expect(pool.idleBytes == 0)
  }

  @Test func `lets a buffer grow from one size to the next`() {
    let pool = BufferPool()
    do {
      var buffer = self.buffer(pool)
      let block = [UInt8](repeating: 1, count: BufferPool.small)
      buffer.append(block.span)
      buffer.append(block.span)
      #expect(buffer.capacity == BufferPool.large)
      #expect(pool.idleBytes == BufferPool.small)
    }
    #expect(pool.idleBytes == BufferPool.small + BufferPool.large)
  }

  @Test func `gives more than the largest size when asked`() {
    let pool = BufferPool()
    do {
      let buffer = self.buffer(pool, capacity: BufferPool.large + 1)
      #expect(buffer.capacity == BufferPool.large + 1)
    }
    #expect(pool.idleBytes == 0)
  }
}
