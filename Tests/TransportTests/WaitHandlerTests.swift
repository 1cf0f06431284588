import Bytes
import Testing

@testable import Transport

@Suite struct `Waiting without a task` {
  /// Writes down what it is told.
  final class Listener: WaitHandler {
    private(set) var told: [Wake] = []
    var next: (Wake) -> Void = { _ in }

    override func didWake(_ wake: Wake) {
      told.append(wake)
      next(wake)
    }
  }

  /// Lets the loop go on until the condition holds, for ten seconds at most.
  private func until(_ loop: EventLoop, _ condition: () -> Bool) async {
    for _ in 0..<5000 where !condition() { await loop.sleep(until: loop.now.advanced(by: .milliseconds(2))) }
  }

  @Test func `a waiter is told once of the event that comes first`() async throws {
    let told = try await onLoop { worker in
      try await worker.run { worker in
        let (left, right) = try worker.pair()
        let loop = worker.loop
        let reader = loop.claim(left)
        let listener = Listener()
        let isWaiting = loop.wait(for: reader.readable, or: reader.broken, until: .never, then: listener)
        #expect(isWaiting)
        #expect(listener.told.isEmpty)
        Task(executorPreference: loop) { await worker.say("x", over: right) }
        await until(loop) { !listener.told.isEmpty }
        await loop.nextTurn()
        return listener.told
      }
    }
    #expect(told == [.ready])
  }

  @Test func `a waiter whose deadline comes first is told so`() async throws {
    let told = try await onLoop { worker in
      try await worker.run { worker in
        let (left, right) = try worker.pair()
        let loop = worker.loop
        let reader = loop.claim(left)
        let other = loop.claim(right)
        let listener = Listener()
        let deadline = loop.now.advanced(by: .milliseconds(5))
        let isWaiting = loop.wait(for: reader.readable, or: other.readable, until: deadline, then: listener)
        #expect(isWaiting)
        await until(loop) { !listener.told.isEmpty }
        await loop.nextTurn()
        return listener.told
      }
    }
    #expect(told == [.timedOut])
  }

  @Test func `what has happened already is not waited for`() async throws {
    let told = try await onLoop { worker in
      try await worker.run { worker in
        let (left, right) = try worker.pair()
        let loop = worker.loop
        let reader = loop.claim(left)
        var writer = worker.loop.claim(right)
        #expect(write("x", to: &writer) == .bytes(1))
        #expect(await loop.wait(for: reader.readable, until: .never) == .ready)
        let listener = Listener()
        let isWaiting = loop.wait(for: reader.readable, until: .never, then: listener)
        #expect(!isWaiting)
        for _ in 0..<3 { await loop.nextTurn() }
        return listener.told
      }
    }
    #expect(told.isEmpty)
  }

  @Test func `a waiter may wait again while it is told, and is released with its last wait`() async throws {
    let (told, isGone) = try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        weak var remains: Listener?
        var told: [Wake] = []
        do {
          let (left, _) = try worker.pair()
          let reader = loop.claim(left)
          let listener = Listener()
          remains = listener
          let interest = reader.readable
          listener.next = { [unowned listener] _ in
            guard listener.told.count < 3 else { return }
            _ = loop.wait(for: interest, until: loop.now.advanced(by: .milliseconds(2)), then: listener)
          }
          _ = loop.wait(for: interest, until: loop.now.advanced(by: .milliseconds(2)), then: listener)
          await until(loop) { listener.told.count == 3 }
          told = listener.told
        }
        return (told, remains == nil)
      }
    }
    #expect(told == [.timedOut, .timedOut, .timedOut])
    #expect(isGone)
  }

  @Test func `who is told of a socket's end while a task runs is told after it`() async throws {
    let order = try await onLoop { worker in
      try await worker.run { worker in
        let loop = worker.loop
        let (left, right) = try worker.pair()
        let listener = Listener()
        var order: [String] = []
        listener.next = { _ in order.append("told") }
        do {
          let reader = loop.claim(left)
          _ = loop.wait(for: reader.readable, until: .never, then: listener)
          _ = consume reader
          order.append("closed")
        }
        await loop.nextTurn()
        _ = loop.claim(right)
        return order
      }
    }
    #expect(order == ["closed", "told"])
  }

  @Test func `a handler is called in the next turn, and once`() async throws {
    let calls = try await onLoop { worker in
      await worker.run { worker in
        let loop = worker.loop
        let listener = Listener()
        loop.nextTurn(then: listener)
        #expect(listener.told.isEmpty)
        await until(loop) { !listener.told.isEmpty }
        await loop.nextTurn()
        return listener.told
      }
    }
    #expect(calls == [.ready])
  }

  @Test func `the third of three events wakes a handler, too`() async throws {
    let told = try await onLoop { worker in
      try await worker.run { worker in
        let (left, right) = try worker.pair()
        let (other, fourth) = try worker.pair()
        let loop = worker.loop
        let first = loop.claim(left)
        let second = loop.claim(other)
        let third = loop.claim(fourth)
        let listener = Listener()
        let isWaiting = loop.wait(
          for: second.readable, or: third.readable, or: first.readable, until: .never, then: listener)
        #expect(isWaiting)
        Task(executorPreference: loop) { await worker.say("x", over: right) }
        await until(loop) { !listener.told.isEmpty }
        return listener.told
      }
    }
    #expect(told == [.ready])
  }
}
