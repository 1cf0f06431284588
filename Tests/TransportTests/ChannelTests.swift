import Bytes
import Testing

@testable import Transport

@Suite struct `A channel without a descriptor` {
  /// Writes down what it is told, and goes on as the test says.
  private final class Listener: WaitHandler {
    private(set) var told: [Wake] = []
    var next: (Wake) -> Void = { _ in }

    override func didWake(_ wake: Wake) {
      told.append(wake)
      next(wake)
    }
  }

  /// Bytes in memory instead of a descriptor.
  private final class MemoryFilter: ByteFilter {
    var incoming: [UInt8] = []
    var hasEnded = false
    var room = 0
    /// It takes so many bytes at a time.
    var most = Int.max
    private(set) var outgoing: [UInt8] = []
    private(set) var calls: [String] = []

    func receive(into bytes: inout MutableSpan<UInt8>, from lower: LowerChannel) -> Channel.Received {
      guard !incoming.isEmpty else { return hasEnded ? .endOfStream : .wouldBlock }
      let count = min(bytes.count, incoming.count)
      for index in 0..<count { bytes[index] = incoming[index] }
      incoming.removeFirst(count)
      return .bytes(count)
    }

    func send(_ bytes: Span<UInt8>, more: Bool, to lower: LowerChannel) -> Channel.Sent {
      let count = min(room, most, bytes.count)
      for index in 0..<count { outgoing.append(bytes[index]) }
      room -= count
      return .bytes(count)
    }

    func flush(_ lower: LowerChannel) -> Channel.Flushed { .flushed }
    func finishSending(_ lower: LowerChannel) { calls.append("finishSending") }
    func translate(_ readiness: Readiness, _ lower: LowerChannel) -> Readiness { readiness }
    func mayReceive(_ lower: LowerChannel) -> Bool { !incoming.isEmpty || hasEnded }
    func unsentCount(_ lower: LowerChannel) -> Int { 7 }
    func resetOnClose(_ lower: LowerChannel) { calls.append("resetOnClose") }
    func connectionError(_ lower: LowerChannel) -> SystemError? { nil }
    func close(_ lower: LowerChannel) { calls.append(lower.hasDescriptor ? "close a descriptor" : "close") }
  }

  private let loop: EventLoop

  init() throws { loop = try EventLoop(at: MonotonicTime(nanoseconds: 0), unixTime: 0) }

  private func turn(atSecond second: Int64 = 0) {
    loop.turn(at: MonotonicTime(nanoseconds: second * 1_000_000_000), unixTime: Double(second))
  }

  private func buffer(_ text: String) -> ByteBuffer {
    var buffer = ByteBuffer(capacity: 16)
    buffer.append(text: text)
    return buffer
  }

  // MARK: Signals

  @Test func `a signal wakes the one who waits at the end of the turn, not inside the call that raises it`() {
    var signal = Signal(in: loop)
    let listener = Listener()
    #expect(loop.wait(for: signal.readable, until: .never, then: listener))
    signal.raise(.readable)
    #expect(listener.told.isEmpty)
    #expect(loop.nanosecondsToNext == 0)
    turn()
    #expect(listener.told == [.ready])
    #expect(loop.nanosecondsToNext == nil)
  }

  @Test func `what was raised holds until it is cleared`() {
    var signal = Signal(in: loop)
    signal.raise(.writable)
    let listener = Listener()
    #expect(!loop.wait(for: signal.writable, until: .never, then: listener), "it has happened already")
    signal.clear(.writable)
    #expect(loop.wait(for: signal.writable, until: .never, then: listener))
    turn()
    #expect(listener.told.isEmpty, "what was taken back wakes nobody")
    signal.raise([.readable, .writable])
    turn()
    #expect(listener.told == [.ready])
  }

  @Test func `a wait for one event is not ended by another one`() {
    var signal = Signal(in: loop)
    let listener = Listener()
    #expect(loop.wait(for: signal.writable, until: .never, then: listener))
    signal.raise(.readable)
    turn()
    #expect(listener.told.isEmpty)
    signal.raise(.broken)
    turn()
    #expect(listener.told == [.ready], "an end is an event for everybody")
  }

  @Test func `a signal that has died wakes those who wait, and can be raised without harm`() {
    let listener = Listener()
    let id: ChannelID
    do {
      let signal = Signal(in: loop)
      id = signal.id
      #expect(loop.wait(for: signal.readable, until: .never, then: listener))
    }
    turn()
    #expect(listener.told == [.ready])
    let heir = Signal(in: loop)
    loop.raise(.readable, on: id)
    turn()
    #expect(heir.readiness == [], "the slot has another user by now")
  }

  @Test func `two sides that wake each other leave the loop its turns`() {
    let loop = loop
    var left = Signal(in: loop)
    var right = Signal(in: loop)
    let (leftID, rightID) = (left.id, right.id)
    let (leftReadable, rightReadable) = (left.readable, right.readable)
    let (one, other) = (Listener(), Listener())
    #expect(loop.wait(for: leftReadable, until: .never, then: one))
    #expect(loop.wait(for: rightReadable, until: .never, then: other))
    one.next = { _ in loop.raise(.readable, on: rightID) }
    other.next = { _ in loop.raise(.readable, on: leftID) }
    left.raise(.readable)
    turn()
    #expect((one.told.count, other.told.count) == (1, 0))
    turn()
    #expect((one.told.count, other.told.count) == (1, 1))
    right.clear(.readable)
  }

  // MARK: Filters

  @Test func `a channel is readable as long as its filter may have more`() {
    let filter = MemoryFilter()
    var channel = loop.makeChannel(filter: filter, isConnected: true)
    var input = ByteBuffer(capacity: 4)
    #expect(read(&channel, into: &input) == .wouldBlock, "nothing is known to be there")
    filter.incoming = Array("hello".utf8)
    loop.raise(.readable, on: channel.id)
    #expect(channel.isReadable == true)
    #expect(read(&channel, into: &input, limit: 2) == .bytes(2))
    #expect(channel.isReadable == true, "a short read says nothing where bytes may be pending above the descriptor")
    #expect(read(&channel, into: &input, limit: 2) == .bytes(2))
    input.removeAll()
    #expect(read(&channel, into: &input) == .bytes(1))
    #expect(channel.isReadable == false, "the filter has no more")
    #expect(read(&channel, into: &input) == .wouldBlock)
    filter.hasEnded = true
    loop.raise(.readable, on: channel.id)
    #expect(read(&channel, into: &input) == .endOfStream)
  }

  @Test func `a filter takes what it has room for, at once or when the turn ends`() {
    let filter = MemoryFilter()
    var channel = loop.makeChannel(filter: filter, isConnected: true)
    filter.room = 3
    var output = buffer("hello")
    #expect(send(&output, over: &channel) == .bytes(3))
    #expect(send(&output, over: &channel) == .bytes(0))
    #expect(channel.isWritable == false)
    filter.room = 100
    loop.raise(.writable, on: channel.id)
    #expect(send(&output, over: &channel) == .bytes(2))
    var last = buffer("!")
    let isTaken = channel.sendAtTurnEnd(&last)
    #expect(isTaken)
    #expect(filter.outgoing == Array("hello".utf8))
    turn()
    #expect(filter.outgoing == Array("hello!".utf8))
  }

  @Test func `what a filter takes in parts goes out whole when the turn ends`() {
    let filter = MemoryFilter()
    filter.most = 2
    filter.room = 100
    var channel = loop.makeChannel(filter: filter, isConnected: true)
    var last = buffer("hello")
    let isTaken = channel.sendAtTurnEnd(&last)
    #expect(isTaken)
    turn()
    #expect(filter.outgoing == Array("hello".utf8))
  }

  @Test func `what waits for room goes out when the filter has some`() {
    let filter = MemoryFilter()
    var channel = loop.makeChannel(filter: filter, isConnected: true)
    filter.room = 1
    var last = buffer("bye")
    let isTaken = channel.sendAtTurnEnd(&last)
    #expect(isTaken)
    turn()
    #expect(filter.outgoing == Array("b".utf8))
    filter.room = 100
    loop.raise(.writable, on: channel.id)
    turn()
    #expect(filter.outgoing == Array("bye".utf8))
  }

  @Test func `the filter answers for the descriptor, and is told last that the channel closes`() {
    let filter = MemoryFilter()
    do {
      var channel = loop.makeChannel(filter: filter, isConnected: true)
      #expect(channel.unsentCount == 7)
      #expect(channel.hasPendingInput == false)
      #expect(channel.connectionError() == nil)
      channel.finishSending()
      channel.resetOnClose()
      channel.keepAlive(after: .seconds(1), every: .seconds(1), count: 1)
    }
    #expect(filter.calls == ["finishSending", "resetOnClose", "close"])
  }

  @Test func `the next user of a slot has no filter of the last one`() {
    do { _ = loop.makeChannel(filter: MemoryFilter(), isConnected: true) }
    var channel = loop.makeChannel(filter: MemoryFilter())
    #expect((channel.isWritable || channel.isReadable) == false)
    channel.clear(.readable)
  }

  // MARK: A clock of the caller's own

  @Test func `deadlines expire by the clock that the turn is given`() {
    let signal = Signal(in: loop)
    let listener = Listener()
    let deadline = MonotonicTime(nanoseconds: 5_000_000_000)
    #expect(loop.wait(for: signal.readable, until: deadline, then: listener))
    let wait = loop.nanosecondsToNext ?? 0
    #expect(wait >= 5_000_000_000 && wait < 5_100_000_000)
    turn(atSecond: 4)
    #expect(listener.told.isEmpty)
    turn(atSecond: 6)
    #expect(listener.told == [.timedOut])
    #expect(loop.unixTime == 6)
  }
}

private func read(_ channel: inout Channel, into buffer: inout ByteBuffer, limit: Int = .max) -> Channel.Received {
  channel.receive(into: &buffer, limit: limit)
}

private func send(_ buffer: inout ByteBuffer, over channel: inout Channel) -> Channel.Sent { channel.send(&buffer) }

private func text(_ buffer: borrowing ByteBuffer) -> String {
  var bytes: [UInt8] = []
  for index in buffer.readable.indices { bytes.append(buffer.readable[index]) }
  return String(decoding: bytes, as: UTF8.self)
}

@Suite struct `A filter above a descriptor` {
  /// Turns every bit; a read may want writing first, as a TLS session does.
  private final class Inverter: ByteFilter {
    var readWantsWriting = false

    func receive(into bytes: inout MutableSpan<UInt8>, from lower: LowerChannel) -> Channel.Received {
      if readWantsWriting { return .wouldBlock }
      let received = lower.receive(into: &bytes)
      if case .bytes(let count) = received { for index in 0..<count { bytes[index] = ~bytes[index] } }
      return received
    }

    func send(_ bytes: Span<UInt8>, more: Bool, to lower: LowerChannel) -> Channel.Sent {
      var inverted: [UInt8] = []
      for index in bytes.indices { inverted.append(~bytes[index]) }
      return lower.send(inverted.span, more: more)
    }

    func flush(_ lower: LowerChannel) -> Channel.Flushed { .flushed }
    func finishSending(_ lower: LowerChannel) { lower.finishSending() }

    func translate(_ readiness: Readiness, _ lower: LowerChannel) -> Readiness {
      guard readWantsWriting, readiness.contains(.writable) else { return readiness }
      readWantsWriting = false
      return readiness.union(.readable)
    }

    func mayReceive(_ lower: LowerChannel) -> Bool { lower.isReadable }
    func unsentCount(_ lower: LowerChannel) -> Int { lower.unsentCount }
    func resetOnClose(_ lower: LowerChannel) { lower.resetOnClose() }
    func connectionError(_ lower: LowerChannel) -> SystemError? { lower.connectionError }
    func close(_ lower: LowerChannel) {}
  }

  @Test func `both directions go through the filter, and the end of the stream comes through`() async throws {
    let (heard, echoed, end) = try await onLoop { worker in
      try await worker.run { worker in
        let (left, right) = try worker.pair()
        let loop = worker.loop
        var plain = loop.claim(left)
        var filtered = loop.claim(right)
        filtered.put(Inverter())
        let (_, sent) = (write("ab", to: &filtered), await loop.wait(for: plain.readable, until: .never))
        #expect(sent == .ready)
        var heard = ByteBuffer(capacity: 16)
        #expect(read(&plain, into: &heard) == .bytes(2))
        #expect(send(&heard, over: &plain) == .bytes(2))
        heard.append(text: "x")
        #expect(await loop.wait(for: filtered.readable, until: .never) == .ready)
        var echoed = ByteBuffer(capacity: 16)
        #expect(read(&filtered, into: &echoed) == .bytes(2))
        plain.finishSending()
        #expect(await loop.wait(for: filtered.finished, until: .never) == .ready)
        var rest = ByteBuffer(capacity: 16)
        while case .bytes = filtered.receive(into: &rest) {}
        let end = filtered.receive(into: &rest)
        return (heard.count, text(echoed), end)
      }
    }
    #expect(heard == 1)
    #expect(echoed == "ab")
    #expect(end == .endOfStream)
  }

  @Test func `a read that wants writing wakes its reader when there is room to write`() async throws {
    let wake = try await onLoop { worker in
      try await worker.run { worker in
        let (left, right) = try worker.pair()
        let loop = worker.loop
        worker.close(left)
        var filtered = loop.claim(right)
        let filter = Inverter()
        filtered.put(filter)
        filter.readWantsWriting = true
        return await loop.wait(for: filtered.readable, until: loop.now.advanced(by: .seconds(10)))
      }
    }
    #expect(wake == .ready)
  }
}
