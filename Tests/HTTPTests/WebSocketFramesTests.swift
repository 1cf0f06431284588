import Bytes
import HTTP
import Testing

@Suite struct `Frames that pass` {
  /// A frame's head and payload, as RFC 6455 §5.2 draws them.
  static func frame(_ first: UInt8, _ count: Int, mask: Bool = false) -> [UInt8] {
    let masked: UInt8 = mask ? 0x80 : 0
    var bytes = [first]
    switch count {
    case ..<126: bytes.append(UInt8(count) | masked)
    case ..<65536: bytes += [126 | masked, UInt8(count >> 8), UInt8(count & 255)]
    default:
      bytes.append(127 | masked)
      for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
    }
    if mask { bytes += [0x88, 0x88, 0x88, 0x88] }
    return bytes + [UInt8](repeating: 0x88, count: count)
  }

  /// After how many of the bytes another frame could stand.
  static func places(in bytes: [UInt8]) -> [Int] {
    var frames = WebSocketFrames()
    var places = frames.takesFrame ? [0] : []
    for index in bytes.indices {
      frames.follow(bytes.span.extracting(index..<index + 1))
      if frames.takesFrame { places.append(index + 1) }
    }
    return places
  }

  @Test(arguments: [0, 1, 125, 126, 127, 65535, 65536, 70_000], [false, true])
  func `another one could stand between two, and nowhere else`(_ count: Int, _ mask: Bool) {
    let one = Self.frame(0x81, count, mask: mask)
    let other = Self.frame(0x02, 3, mask: mask)
    #expect(Self.places(in: one + other) == [0, one.count, one.count + other.count])
  }

  @Test(arguments: [1, 2, 3, 7, 100, 100_000]) func `are followed however they are cut`(_ size: Int) {
    let bytes = Self.frame(0x01, 300, mask: true) + Self.frame(0x80, 70_000) + Self.frame(0x89, 0)
    var frames = WebSocketFrames()
    for start in stride(from: 0, to: bytes.count, by: size) {
      let isBetween = frames.takesFrame
      #expect(isBetween == [0, 308, 308 + 70_010].contains(start))
      frames.follow(bytes.span.extracting(start..<min(bytes.count, start + size)))
    }
    #expect(frames.takesFrame)
  }

  @Test func `nothing follows a Close`() {
    let bytes = Self.frame(0x81, 5) + Self.frame(0x88, 2)
    #expect(Self.places(in: bytes + Self.frame(0x81, 1)) == [0, 7])
    var frames = WebSocketFrames()
    frames.follow(bytes.span.extracting(0..<7))
    #expect(!frames.hasClosed)
    frames.follow(bytes.span.extracting(7..<8))
    #expect(frames.hasClosed)
  }

  @Test func `a length that none can have ends the search`() {
    let nonsense: [UInt8] = [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]
    #expect(Self.places(in: nonsense + [UInt8](repeating: 0, count: 100)) == [0])
    let longest: [UInt8] = [0x82, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7)
    #expect(Self.places(in: longest + [UInt8](repeating: 0, count: 100)) == [0])
  }
}

@Suite struct `A Close frame` {
  @Test func `tells a client code and reason`() {
    var buffer = ByteBuffer()
    WebSocketFrames.appendClose(1008, "no", mask: nil, to: &buffer)
    #expect(buffer.readable.array == [0x88, 4, 0x03, 0xF0, 0x6E, 0x6F])
  }

  @Test func `is masked for a server`() {
    var buffer = ByteBuffer()
    WebSocketFrames.appendClose(1001, "going", mask: 0x0102_0304, to: &buffer)
    let bytes = buffer.readable.array
    #expect(Array(bytes[..<6]) == [0x88, 0x87, 1, 2, 3, 4])
    let plain = bytes[6...].enumerated().map { $0.element ^ [1, 2, 3, 4][$0.offset % 4] }
    #expect(plain == [0x03, 0xE9] + Array("going".utf8))
  }

  @Test func `is one frame, and the last`() {
    var buffer = ByteBuffer()
    WebSocketFrames.appendClose(1000, "", mask: 7, to: &buffer)
    var frames = WebSocketFrames()
    frames.follow(buffer.readable)
    #expect(frames.hasClosed)
    #expect(!frames.takesFrame)
  }
}
