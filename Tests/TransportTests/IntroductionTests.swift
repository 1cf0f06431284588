import Bytes
import Testing

@testable import Transport

@Suite struct `A channel that is introduced by its first bytes` {
  private func look(at channel: inout Channel, _ room: Int) -> (Channel.Received, [UInt8]) {
    var bytes = [UInt8](repeating: 0, count: room)
    var space = bytes.mutableSpan
    let received = channel.peek(into: &space)
    return (received, bytes)
  }

  @Test func `may be looked at without anything being taken`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (left, right) = try worker.pair()
        var reader = loop.claim(left)
        var writer = loop.claim(right)
        #expect(look(at: &reader, 8) == (.wouldBlock, Array(repeating: 0, count: 8)))
        #expect(write("hello", to: &writer) == .bytes(5))
        #expect(await loop.wait(for: reader.readable, until: .never) == .ready)
        for _ in 0..<2 { #expect(look(at: &reader, 8) == (.bytes(5), Array("hello\0\0\0".utf8))) }
        #expect(look(at: &reader, 2) == (.bytes(2), Array("he".utf8)))
        var exact = [UInt8](repeating: 0, count: 4)
        var space = exact.mutableSpan
        #expect(reader.receive(into: &space) == .bytes(4))
        #expect(exact == Array("hell".utf8))
        var rest = ByteBuffer()
        rest.reserve(8)
        #expect(reader.receive(into: &rest) == .bytes(1))
        #expect(rest.text == "o")
      }
    }
  }

  @Test func `is waited for anew when a look has brought too little`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (left, right) = try worker.pair()
        var reader = loop.claim(left)
        var writer = loop.claim(right)
        for count in 1...4 {
          #expect(write("x", to: &writer) == .bytes(1))
          #expect(await loop.wait(for: reader.readable, until: .never) == .ready)
          #expect(look(at: &reader, 8).0 == .bytes(count))
          reader.awaitMore()
          #expect(look(at: &reader, 8).0 == .wouldBlock)
          let soon = loop.now.advanced(byNanoseconds: 5_000_000)
          #expect(await loop.wait(for: reader.readable, until: soon) == .timedOut)
        }
        _ = consume writer
        #expect(await loop.wait(for: reader.readable, until: .never) == .ready)
        let isFinished = reader.isPeerFinished
        #expect(isFinished)
        #expect(look(at: &reader, 8).0 == .bytes(4), "the end stands behind what was not taken")
      }
    }
  }

  @Test func `says that its end has come`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (left, right) = try worker.pair()
        var reader = loop.claim(left)
        _ = loop.claim(right)
        #expect(await loop.wait(for: reader.readable, until: .never) == .ready)
        #expect(look(at: &reader, 8).0 == .endOfStream)
      }
    }
  }

  @Test(arguments: [
    SocketAddress.ipv4(0xCB00_7109, port: 40000), .ipv6(high: 1, low: 2, port: 3, scope: 0), .unix(path: ""),
  ])
  func `has the peer that it is said to have`(_ address: SocketAddress) throws {
    let loop = try EventLoop(at: MonotonicTime(nanoseconds: 0), unixTime: 0)
    var channel = loop.makeChannel(isConnected: true, peer: .ipv4(1, port: 1))
    channel.name(peer: address)
    #expect(channel.peerAddress == address)
  }
}
