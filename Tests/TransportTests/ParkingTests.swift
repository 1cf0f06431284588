import Bytes
import Testing

@testable import Transport

/// Remembers what happened to its sockets.
final class Recorder: ChannelKeeper {
  var woke: [(tag: UInt64, wake: Wake)] = []
  var keeps: KeeperID?

  func channelWoke(_ socket: consuming Channel, tag: UInt64, wake: Wake) { woke.append((tag, wake)) }
}

@Suite struct Parking {
  @Test func `a parked socket wakes its keeper when something arrives, once`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let recorder = Recorder()
        let keeper = loop.register(recorder)
        let (a, b) = try worker.pair()
        loop.park(loop.claim(a), with: keeper, tag: 7, until: .never)
        Task(executorPreference: loop) { await worker.say("x", over: b) }
        while recorder.woke.isEmpty { await loop.nextTurn() }
        await loop.nextTurn()
        #expect(recorder.woke.map(\.tag) == [7])
        #expect(recorder.woke.map(\.wake) == [.ready])
      }
    }
  }

  @Test func `a parked socket wakes its keeper when its deadline comes or its peer closes`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let recorder = Recorder()
        let keeper = loop.register(recorder)
        let (a, b) = try worker.pair()
        let (c, d) = try worker.pair()
        let other = loop.claim(b)
        loop.park(loop.claim(a), with: keeper, tag: 1, until: loop.now.advanced(byNanoseconds: 1_000_000))
        while recorder.woke.isEmpty { await loop.sleep(until: loop.now.advanced(byNanoseconds: 1_000_000)) }
        #expect(recorder.woke.map(\.wake) == [.timedOut])
        loop.park(loop.claim(c), with: keeper, tag: 2, until: .never)
        Task(executorPreference: loop) { await worker.close(d) }
        while recorder.woke.count < 2 { await loop.nextTurn() }
        #expect(recorder.woke.map(\.tag) == [1, 2])
        _ = consume other
      }
    }
  }

  @Test func `the longest parked are found in their order, others' and fresh ones aside`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (keeper, another) = (loop.register(Recorder()), loop.register(Recorder()))
        var parked: [ChannelID] = []
        var moments: [MonotonicTime] = []
        for number in 0..<5 {
          let (a, b) = try worker.pair()
          moments.append(loop.now)
          parked.append(loop.park(loop.claim(a), with: number == 2 ? another : keeper, until: .never))
          loop.park(loop.claim(b), with: another, until: .never)
          let later = loop.now.advanced(byNanoseconds: 20_000_000)
          while loop.now < later { await loop.nextTurn() }
        }
        #expect(loop.longestParked(with: keeper, by: moments[3], atMost: 9) == [parked[0], parked[1], parked[3]])
        #expect(loop.longestParked(with: keeper, by: loop.now, atMost: 2) == [parked[0], parked[1]])
        loop.closeParked(with: keeper)
        #expect(loop.longestParked(with: keeper, by: loop.now, atMost: 9).isEmpty)
        loop.closeParked(with: another)
      }
    }
  }

  @Test func `a socket is taken back, and a name of one that is gone stands for nothing`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let recorder = Recorder()
        let keeper = loop.register(recorder)
        let (a, b) = try worker.pair()
        let other = loop.claim(b)
        let id = loop.park(loop.claim(a), with: keeper, isForReuse: true, until: .never)
        let back = loop.unpark(id)
        let isBack = back != nil
        #expect(isBack)
        let again = loop.unpark(id)
        let isThereTwice = again != nil
        #expect(!isThereTwice)
        _ = consume back
        _ = consume again
        // The slot is used anew: the old name doesn't reach its new user.
        let (c, d) = try worker.pair()
        loop.park(loop.claim(c), with: keeper, until: .never)
        let stranger = loop.unpark(id)
        let isStranger = stranger != nil
        #expect(!isStranger)
        #expect(loop.closeParked(with: keeper) == 1)
        _ = consume stranger
        _ = loop.claim(d).isReadable
        _ = consume other
      }
    }
  }
}

@Suite struct `Writing at the end of a turn` {
  @Test func `what was gathered arrives, and the buffer is empty at once`() async throws {
    let text = try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (a, b) = try worker.pair()
        var sender = loop.claim(a)
        var receiver = loop.claim(b)
        var buffer = ByteBuffer()
        buffer.append("one")
        let isTaken = sender.sendAtTurnEnd(&buffer)
        #expect(isTaken)
        let isEmpty = buffer.count == 0
        #expect(isEmpty)
        buffer.append("two")
        let isTakenTwice = sender.sendAtTurnEnd(&buffer)
        #expect(!isTakenTwice, "one buffer waits at most")
        // A write in between sends what waits first.
        #expect(sender.send(&buffer) == .bytes(3))
        var received = ByteBuffer()
        received.reserve(64)
        while received.count < 6 {
          _ = await loop.wait(for: receiver.readable, until: .never)
          _ = receiver.receive(into: &received)
        }
        return received.text
      }
    }
    #expect(text == "onetwo")
  }

  @Test func `what waits is written when the socket closes`() async throws {
    let text = try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (a, b) = try worker.pair()
        var receiver = loop.claim(b)
        do {
          var sender = loop.claim(a)
          var buffer = ByteBuffer()
          buffer.append("last words")
          let isTaken = sender.sendAtTurnEnd(&buffer)
          #expect(isTaken)
        }
        var received = ByteBuffer()
        received.reserve(64)
        _ = await loop.wait(for: receiver.readable, until: .never)
        _ = receiver.receive(into: &received)
        return received.text
      }
    }
    #expect(text == "last words")
  }

  @Test func `a peer that is gone is an event for whoever waits`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (a, b) = try worker.pair()
        var sender = loop.claim(a)
        _ = loop.claim(b).isReadable
        var buffer = ByteBuffer()
        buffer.append("to nobody")
        _ = sender.sendAtTurnEnd(&buffer)
        #expect(await loop.wait(for: sender.broken, until: .never) == .ready)
      }
    }
  }
}
