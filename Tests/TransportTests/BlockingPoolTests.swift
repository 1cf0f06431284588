import Glibc
import Synchronization
import Testing

@testable import Transport

/// Holds up threads until it is opened, and knows how many it holds.
private final class Gate: Sendable {
  private let isOpen = Atomic<Bool>(false)
  private let heldCount = Atomic<Int>(0)

  var held: Int { heldCount.load(ordering: .acquiring) }

  func open() { isOpen.store(true, ordering: .releasing) }

  func pass() {
    heldCount.add(1, ordering: .acquiringAndReleasing)
    while !isOpen.load(ordering: .acquiring) { usleep(200) }
    heldCount.subtract(1, ordering: .acquiringAndReleasing)
  }
}

@Suite struct BlockingPoolTests {
  /// The notes of several works, in order.
  private final class Notes: Sendable {
    let values = Mutex<[Int]>([])
    func note(_ value: Int) { values.withLock { $0.append(value) } }
    var all: [Int] { values.withLock { $0 } }
  }

  @Test func `the result arrives on the loop's thread, the work is done on another`() async throws {
    let pool = try BlockingPool(name: "test pool")
    let (worked, resumed) = try await onLoop { worker in
      await worker.run { worker in
        let loop = worker.loop
        let isOnLoop = await pool.run(in: loop) { loop.isIsolatingCurrentContext() }
        return (isOnLoop, loop.isIsolatingCurrentContext())
      }
    }
    #expect(worked == .some(.some(false)))
    #expect(resumed == true)
  }

  @Test func `one thread does its work in the order in which it came`() async throws {
    let pool = try BlockingPool(name: "test pool", threads: 1, queueLimit: 100)
    let notes = Notes()
    try await onLoop { worker in
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<100 {
          group.addTask(executorPreference: worker.loop) {
            #expect(await pool.run(in: worker.loop) { notes.note(number) } != nil)
          }
        }
      }
    }
    #expect(notes.all == Array(0..<100))
  }

  @Test func `what doesn't fit into the queue is refused at once and never done`() async throws {
    let pool = try BlockingPool(name: "test pool", threads: 2, queueLimit: 3)
    let gate = Gate()
    let notes = Notes()
    let results = try await onLoop { worker in
      await withTaskGroup(of: Int?.self) { group in
        for number in 0..<5 {
          group.addTask(executorPreference: worker.loop) {
            await pool.run(in: worker.loop) {
              gate.pass()
              notes.note(number)
              return number
            }
          }
        }
        while pool.waitingCount < 3 { await worker.loop.nextTurn() }
        for number in 5..<8 {
          let refused = await pool.run(in: worker.loop) {
            notes.note(number)
            return number
          }
          #expect(refused == nil)
        }
        gate.open()
        var results: [Int?] = []
        for await result in group { results.append(result) }
        // There is room again.
        results.append(await pool.run(in: worker.loop) { 8 })
        return results
      }
    }
    #expect(results.compactMap(\.self).sorted() == [0, 1, 2, 3, 4, 8])
    #expect(notes.all.sorted() == [0, 1, 2, 3, 4])
  }

  @Test func `a pool without a queue takes as many works as it has threads`() async throws {
    let pool = try BlockingPool(name: "test pool", threads: 2, queueLimit: 0)
    let gate = Gate()
    let results = try await onLoop { worker in
      await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<2 {
          group.addTask(executorPreference: worker.loop) { await pool.run(in: worker.loop) { gate.pass() } != nil }
        }
        while gate.held < 2 { await worker.loop.nextTurn() }
        #expect(await pool.run(in: worker.loop) { true } == nil)
        gate.open()
        return await group.reduce(into: [Bool]()) { $0.append($1) }
      }
    }
    #expect(results == [true, true])
  }

  @Test func `a loop goes on serving while its work is done`() async throws {
    let pool = try BlockingPool(name: "test pool")
    let gate = Gate()
    let echoed = try await onLoop { worker in
      let loop = worker.loop
      let blocked = Task(executorPreference: loop) { await pool.run(in: loop) { gate.pass() } }
      while gate.held == 0 { await loop.nextTurn() }
      var count = 0
      for number in 0..<100 { count += try await worker.echo(number) }
      #expect(gate.held == 1)
      gate.open()
      #expect(await blocked.value != nil)
      return count
    }
    #expect(echoed == 100)
  }

  @Test func `thousands of works of several loops are answered each with its own result`() async throws {
    let pool = try BlockingPool(name: "test pool", threads: 4, queueLimit: 4000)
    try await withThrowingTaskGroup(of: Int.self) { loops in
      for number in 0..<3 {
        loops.addTask {
          try await onLoop { worker in
            await withTaskGroup(of: Bool.self) { group in
              for item in 0..<1000 {
                group.addTask(executorPreference: worker.loop) {
                  await pool.run(in: worker.loop) { number * 1000 + item } == number * 1000 + item
                }
              }
              return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
          }
        }
      }
      for try await count in loops { #expect(count == 1000) }
    }
  }

  @Test func `cancelling who waits neither stops the work nor loses its result`() async throws {
    let pool = try BlockingPool(name: "test pool", threads: 1)
    let gate = Gate()
    let result = try await onLoop { worker in
      let loop = worker.loop
      let task = Task(executorPreference: loop) {
        await pool.run(in: loop) {
          gate.pass()
          return 7
        }
      }
      while gate.held == 0 { await loop.nextTurn() }
      task.cancel()
      gate.open()
      return await task.value
    }
    #expect(result == 7)
  }

  /// The newest work goes first, and the oldest makes room.
  private struct LatestFirst: WorkOrder {
    private var waiting: [UInt64] = []
    var count: Int { waiting.count }
    mutating func add(_ work: UInt64, as label: Void) { waiting.append(work) }
    mutating func takeNext() -> UInt64? { waiting.popLast() }
    mutating func takeExcess() -> UInt64? { waiting.isEmpty ? nil : waiting.removeFirst() }
    mutating func remove(_ work: UInt64) -> Bool {
      guard let place = waiting.firstIndex(of: work) else { return false }
      waiting.remove(at: place)
      return true
    }
  }

  @Test func `the pool's order says what is begun next and what makes room`() async throws {
    let pool = try BlockingPool(name: "test pool", threads: 1, queueLimit: 3, order: LatestFirst())
    let gate = Gate()
    let notes = Notes()
    let results = try await onLoop { worker in
      let loop = worker.loop
      return await withTaskGroup(of: (Int, Bool).self) { group in
        group.addTask(executorPreference: loop) { (0, await pool.run(in: loop, as: ()) { gate.pass() } != nil) }
        while gate.held == 0 { await loop.nextTurn() }
        for number in 1...5 {
          group.addTask(executorPreference: loop) {
            (number, await pool.run(in: loop, as: ()) { notes.note(number) } != nil)
          }
          while pool.waitingCount < min(number, 3) { await loop.nextTurn() }
          await loop.nextTurn()
        }
        // The two oldest are refused while the thread is still busy.
        var results: [Int: Bool] = [:]
        for _ in 0..<2 {
          if let (number, isDone) = await group.next() { results[number] = isDone }
        }
        #expect(results == [1: false, 2: false])
        gate.open()
        for await (number, isDone) in group { results[number] = isDone }
        return results
      }
    }
    #expect(results == [0: true, 1: false, 2: false, 3: true, 4: true, 5: true])
    #expect(notes.all == [5, 4, 3])
  }

  @Test func `work that is taken back is never done and makes room; what was begun can't be`() async throws {
    let pool = try BlockingPool(name: "test pool", threads: 1, queueLimit: 2)
    let gate = Gate()
    let notes = Notes()
    try await onLoop { worker in
      let loop = worker.loop
      func submit() -> BlockingPool<ArrivalOrder>.Ticket? {
        pool.submit(in: loop, as: (), { notes.note(100) }, answer: { _ in notes.note(101) })
      }
      let begun = pool.submit(in: loop, as: (), { gate.pass() }, answer: { _ in notes.note(0) })
      let running = try #require(begun)
      while gate.held == 0 { await loop.nextTurn() }
      #expect(!pool.withdraw(running) && !pool.isWaiting(running))
      for round in 1...50 {
        let first = try #require(submit())
        let second = try #require(submit())
        #expect(submit() == nil, "\(round)")
        #expect(pool.isWaiting(first) && pool.withdraw(first))
        #expect(!pool.isWaiting(first) && !pool.withdraw(first))
        #expect(pool.withdraw(second))
        #expect(pool.waitingCount == 0)
      }
      gate.open()
      // The threads pass over what was taken back, and go on.
      for number in 1...3 { #expect(await pool.run(in: loop) { notes.note(number) } != nil) }
    }
    #expect(notes.all.sorted() == [0, 1, 2, 3])
  }

  @Test func `shutting down ends what runs, refuses what waits and what comes`() async throws {
    let pool = try BlockingPool(name: "test pool", threads: 1, queueLimit: 10)
    let gate = Gate()
    let notes = Notes()
    try await onLoop { worker in
      let loop = worker.loop
      let running = Task(executorPreference: loop) {
        await pool.run(in: loop) {
          gate.pass()
          notes.note(1)
          return 1
        }
      }
      while gate.held == 0 { await loop.nextTurn() }
      let waiting = Task(executorPreference: loop) {
        await pool.run(in: loop) {
          notes.note(2)
          return 2
        }
      }
      while pool.waitingCount == 0 { await loop.nextTurn() }
      let finished = Gate()
      try Thread.start(name: "closer") {
        pool.shutDown()
        notes.note(3)
        finished.pass()
      }
      // The waiting one is refused while the other is still running.
      #expect(await waiting.value == nil)
      #expect(await pool.run(in: loop) { 4 } == nil)
      #expect(notes.all.isEmpty)
      gate.open()
      #expect(await running.value == 1)
      while finished.held == 0 { await loop.nextTurn() }
      finished.open()
    }
    #expect(notes.all == [1, 3])
    pool.shutDown()
  }

  @Test func `the threads of a pool stand back behind the others`() async throws {
    let pool = try BlockingPool(name: "test pool")
    let niceness = try await onLoop { worker in
      await pool.run(in: worker.loop) { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }
    }
    #expect(niceness == min(19, getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) + 10))
  }
}
