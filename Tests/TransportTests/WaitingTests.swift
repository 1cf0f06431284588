import Bytes
import Glibc
import Testing

@testable import Transport

/// Runs a piece of work on a loop of its own, on its own thread, and hands back what it found.
func onLoop<Result: Sendable>(_ body: @escaping @Sendable (TestWorker) async throws -> Result) async throws -> Result {
  let loop = try EventLoop()
  let worker = TestWorker(loop: loop)
  try Thread.start(name: "test loop") { loop.run() }
  defer { loop.stop() }
  return try await Task(executorPreference: loop) { try await body(worker) }.value
}

actor TestWorker {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(loop: EventLoop) { self.loop = loop }

  func run<Result: Sendable>(
    _ body: @Sendable (isolated TestWorker) async throws -> Result
  ) async rethrows -> Result {
    try await body(self)
  }

  /// A connected pair of sockets in this loop.
  func pair() throws -> (left: ChannelID, right: ChannelID) {
    var descriptors: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &descriptors) == 0)
    return (
      loop.handOver(try loop.adopt(descriptor: descriptors[0], isConnected: true)),
      loop.handOver(try loop.adopt(descriptor: descriptors[1], isConnected: true))
    )
  }
}

func write(_ text: String, to socket: inout Channel) -> Channel.Sent {
  var buffer = ByteBuffer()
  buffer.append(text: text)
  return socket.send(&buffer)
}

@Suite struct Waiting {
  @Test func `a wait ends with the event that it waits for`() async throws {
    let text = try await onLoop { worker in
      try await worker.run { worker in
        let (left, right) = try worker.pair()
        var reader = worker.loop.claim(left)
        let loop = worker.loop
        Task(executorPreference: loop) { await worker.say("hello", over: right) }
        var buffer = ByteBuffer()
        #expect(reader.receive(into: &buffer) == .wouldBlock)
        #expect(await loop.wait(for: reader.readable, until: .never) == .ready)
        #expect(reader.receive(into: &buffer) == .bytes(5))
        return buffer.text
      }
    }
    #expect(text == "hello")
  }

  @Test func `a peer that has closed its sending side has finished, and is not gone`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (a, b) = try worker.pair()
        let socket = loop.claim(a)
        Task(executorPreference: loop) { await worker.finish(b) }
        #expect(await loop.wait(for: socket.finished, until: .never) == .ready)
        let (isFinished, isBroken) = (socket.isPeerFinished, socket.isBroken)
        #expect(isFinished && !isBroken)
        // Who waits for the end of both directions sleeps on.
        let soon = loop.now.advanced(byNanoseconds: 30_000_000)
        #expect(await loop.wait(for: socket.broken, until: soon) == .timedOut)
        Task(executorPreference: loop) { await worker.close(b) }
        #expect(await loop.wait(for: socket.broken, until: .never) == .ready)
      }
    }
  }

  @Test func `a wait that is interrupted ends once, wherever it stands, and leaves nothing behind`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (a, _) = try worker.pair()
        let (c, d) = try worker.pair()
        let first = loop.claim(a)
        var second = loop.claim(c)
        for id in [first.id, second.id] {
          Task(executorPreference: loop) { await worker.interrupt(id) }
          let wake = await loop.wait(for: first.readable, or: second.readable, or: second.broken, until: .never)
          #expect(wake == .ready)
          let isReadable = first.isReadable || second.isReadable
          #expect(!isReadable, "nothing has happened to either")
        }
        // Nobody waits, and then nobody is there: both stand for nothing.
        loop.interrupt(second.id)
        var buffer = ByteBuffer()
        Task(executorPreference: loop) { await worker.say("x", over: d) }
        #expect(await loop.wait(for: second.readable, until: .never) == .ready)
        #expect(second.receive(into: &buffer) == .bytes(1))
        let gone = second.id
        _ = consume second
        loop.interrupt(gone)
      }
    }
  }

  @Test func `a wait for two events ends with the first and leaves the other alone`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (a, b) = try worker.pair()
        let (c, d) = try worker.pair()
        var first = loop.claim(a)
        var second = loop.claim(c)
        Task(executorPreference: loop) { await worker.say("x", over: d) }
        var buffer = ByteBuffer()
        #expect(await loop.wait(for: first.readable, or: second.readable, until: .never) == .ready)
        let isReadable = first.isReadable
        #expect(!isReadable)
        #expect(second.receive(into: &buffer) == .bytes(1))
        // The first may be waited for again: nothing of the old wait is left in it.
        Task(executorPreference: loop) { await worker.say("y", over: b) }
        #expect(await loop.wait(for: first.readable, until: .never) == .ready)
        #expect(first.receive(into: &buffer) == .bytes(1))
        #expect(loop.state.value.waits.usedCount == 0)
      }
    }
  }

  @Test func `a deadline ends a wait, not before its time`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (a, b) = try worker.pair()
        let socket = loop.claim(a)
        _ = loop.claim(b).isReadable
        // `b` is closed now, which the kernel hasn't said yet: use a fresh pair for silence.
        let (c, d) = try worker.pair()
        let silent = loop.claim(c)
        let other = loop.claim(d)
        for milliseconds in [1, 20, 60] as [Int64] {
          let deadline = MonotonicTime.current().advanced(byNanoseconds: milliseconds * 1_000_000)
          #expect(await loop.wait(for: silent.readable, or: other.readable, until: deadline) == .timedOut)
          #expect(MonotonicTime.current() >= deadline)
        }
        #expect(loop.state.value.wheel.count == 0)
        _ = consume socket
      }
    }
  }

  @Test func `a wait for three events is resumed once though all three happen`() async throws {
    let resumed = try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (a, b) = try worker.pair()
        let (c, d) = try worker.pair()
        let first = loop.claim(a)
        let second = loop.claim(c)
        Task(executorPreference: loop) {
          await worker.say("1", over: b)
          await worker.say("2", over: d)
        }
        var count = 0
        let deadline = MonotonicTime.current().advanced(byNanoseconds: 1_000_000_000)
        while !(first.isReadable && second.isReadable), count < 5 {
          if first.isReadable {
            _ = await loop.wait(for: second.readable, until: deadline)
          } else if second.isReadable {
            _ = await loop.wait(for: first.readable, until: deadline)
          } else {
            _ = await loop.wait(for: first.readable, or: second.readable, or: first.broken, until: deadline)
          }
          count += 1
        }
        return count
      }
    }
    #expect((1...2).contains(resumed))
  }

  @Test func `the end of a stream and a broken connection are events`() async throws {
    try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (a, b) = try worker.pair()
        var socket = loop.claim(a)
        Task(executorPreference: loop) { await worker.close(b) }
        #expect(await loop.wait(for: socket.broken, until: .never) == .ready)
        var buffer = ByteBuffer()
        #expect(socket.receive(into: &buffer) == .endOfStream)
        let isGone = socket.isPeerFinished && socket.isBroken
        #expect(isGone)
      }
    }
  }

  @Test func `a thousand tasks wait side by side`() async throws {
    let total = try await onLoop { worker in
      await withTaskGroup(of: Int.self) { group in
        for number in 0..<1000 {
          group.addTask(executorPreference: worker.loop) { (try? await worker.echo(number)) ?? -1_000_000 }
        }
        return await group.reduce(0, +)
      }
    }
    #expect(total == 1000)
  }

  @Test func `a job of another thread reaches the loop`() async throws {
    let loop = try EventLoop()
    let worker = TestWorker(loop: loop)
    try Thread.start(name: "test loop") { loop.run() }
    for _ in 0..<100 { #expect(await worker.isOnLoop()) }
    loop.stop()
  }
}

extension TestWorker {
  func say(_ text: String, over id: ChannelID) {
    var socket = loop.claim(id)
    #expect(write(text, to: &socket) == .bytes(text.utf8.count))
    _ = loop.handOver(socket)
  }

  func close(_ id: ChannelID) { _ = loop.claim(id) }

  func finish(_ id: ChannelID) {
    var socket = loop.claim(id)
    socket.finishSending()
    _ = loop.handOver(socket)
  }

  func interrupt(_ id: ChannelID) { loop.interrupt(id) }

  func isOnLoop() -> Bool { loop.isIsolatingCurrentContext() == true }

  func echo(_ number: Int) async throws -> Int {
    let (a, b) = try pair()
    var left = loop.claim(a)
    var right = loop.claim(b)
    var buffer = ByteBuffer()
    if number % 2 == 0 { await loop.sleep(until: loop.now.advanced(byNanoseconds: 1_000_000)) }
    guard write("z", to: &left) == .bytes(1) else { return 0 }
    guard await loop.wait(for: right.readable, until: .never) == .ready else { return 0 }
    return right.receive(into: &buffer) == .bytes(1) ? 1 : 0
  }
}
