import Glibc
import Testing

@testable import Transport

/// Counts what arrives at each listener; its connections are closed at once.
private final class Counter: Acceptor, @unchecked Sendable {
  var counts: [Int: Int] = [:]
  let isAccepting = true

  func accepted(_ socket: consuming Channel, listener: Int) { counts[listener, default: 0] += 1 }
  func acceptFailed(_ error: SystemError) {}
  func makeRoom(forDescriptor: Bool) -> Bool { false }
  let refusal: [UInt8] = []
}

/// Connects; whether somebody listens.
private func reaches(_ address: SocketAddress) -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  return address.withKernelForm { connect(descriptor, $0, $1) == 0 }
}

@Suite struct Listening {
  static let loopback = SocketAddress.ipv4(0x7F00_0001, port: 0)

  @Test func `listeners come and go one by one`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let counter = Counter()
        var addresses: [Int: SocketAddress] = [:]
        for number in [7, 8, 9] {
          let socket = try ListeningSocket(Self.loopback)
          addresses[number] = socket.address
          try worker.loop.listen(on: socket, for: counter, listener: number)
        }
        func expectOnly(_ open: Set<Int>) async {
          for (number, address) in addresses {
            let before = counter.counts[number, default: 0]
            #expect(reaches(address) == open.contains(number))
            while open.contains(number), counter.counts[number, default: 0] == before { await worker.loop.nextTurn() }
            #expect(counter.counts[number, default: 0] == before + (open.contains(number) ? 1 : 0))
          }
        }
        await expectOnly([7, 8, 9])
        worker.loop.stopListening { $0 == 7 }
        await expectOnly([8, 9])
        do {
          let socket = try ListeningSocket(Self.loopback)
          addresses[10] = socket.address
          try worker.loop.listen(on: socket, for: counter, listener: 10)
        }
        await expectOnly([8, 9, 10])
        worker.loop.stopListening { $0 != 8 }
        await expectOnly([8])
      }
    }
  }

  @Test func `what waits already is accepted before a listener goes`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let counter = Counter()
        let address: SocketAddress
        do {
          let socket = try ListeningSocket(Self.loopback)
          address = socket.address
          try worker.loop.listen(on: socket, for: counter, listener: 1)
        }
        for _ in 0..<200 { #expect(reaches(address)) }
        worker.loop.stopListening { _ in true }
        #expect(counter.counts[1] == 200)
        #expect(!reaches(address))
      }
    }
  }

  @Test func `a keeper that has left makes room for another`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        final class Keeper: ChannelKeeper {
          func channelWoke(_ socket: consuming Channel, tag: UInt64, wake: Wake) {}
        }
        let loop = worker.loop
        let first = loop.register(Keeper())
        let second = loop.register(Keeper())
        let (left, right) = try worker.pair()
        let parked = loop.park(loop.claim(left), with: first, until: .never)
        loop.unregister(first)
        let isGone = loop.unpark(parked) == nil
        #expect(isGone, "its sockets are closed")
        _ = loop.claim(right)
        #expect(loop.register(Keeper()).index == first.index)
        #expect(second.index != first.index)
      }
    }
  }
}
