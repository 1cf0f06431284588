import TestSupport
import Testing

@testable import Transport

@Suite struct `A timer wheel` {
  private static let tick: Int64 = 1 << 24

  /// A wheel that begins at 0 and some nodes; what expires by a moment, in their order.
  private func expired(_ deadlines: [Int64], by moments: [Int64]) -> [[Int]] {
    var wheel = TimerWheel(now: MonotonicTime(nanoseconds: 0))
    let nodes = UnsafeMutablePointer<TimerNode>.allocate(capacity: deadlines.count)
    defer { nodes.deallocate() }
    for (index, deadline) in deadlines.enumerated() {
      (nodes + index).initialize(to: TimerNode(owner: .wait))
      wheel.set(nodes + index, deadline: MonotonicTime(nanoseconds: deadline))
    }
    return moments.map { moment in
      wheel.advance(to: MonotonicTime(nanoseconds: moment))
      var found: [Int] = []
      while let node = wheel.popExpired() { found.append(node - nodes) }
      return found.sorted()
    }
  }

  @Test(arguments: [1, 5, Self.tick - 1, Self.tick, Self.tick + 1, 10 * Self.tick, 4095 * Self.tick, 4096 * Self.tick])
  func `never expires a deadline before its time, and at most a tick after it`(_ deadline: Int64) {
    let rounds = expired([deadline], by: [deadline - 1, deadline + Self.tick])
    #expect(rounds == [[], [0]])
  }

  @Test func `keeps a deadline further away than a rotation until its own round`() {
    let far = 3 * 4096 * Self.tick + 7 * Self.tick
    let rounds = expired([far], by: [4096 * Self.tick, 2 * 4096 * Self.tick, far - Self.tick, far + Self.tick])
    #expect(rounds == [[], [], [], [0]])
  }

  @Test func `expires everything that was due when nobody looked for long`() {
    let rounds = expired([3, 5000 * Self.tick, 9000 * Self.tick], by: [20_000 * Self.tick])
    #expect(rounds == [[0, 1, 2]])
  }

  @Test func `holds no deadline that never comes`() {
    #expect(expired([.max], by: [.max - 1]) == [[]])
  }

  @Test func `forgets a deadline that was cleared, also one that is about to be handed out`() {
    var wheel = TimerWheel(now: MonotonicTime(nanoseconds: 0))
    let nodes = UnsafeMutablePointer<TimerNode>.allocate(capacity: 2)
    defer { nodes.deallocate() }
    for index in 0..<2 {
      (nodes + index).initialize(to: TimerNode(owner: .wait))
      wheel.set(nodes + index, deadline: MonotonicTime(nanoseconds: 10))
    }
    wheel.advance(to: MonotonicTime(nanoseconds: 2 * Self.tick))
    let first = wheel.popExpired()
    #expect(first != nil)
    wheel.clear(first == nodes ? nodes + 1 : nodes)
    let second = wheel.popExpired()
    #expect(second == nil)
    let count = wheel.count
    #expect(count == 0)
  }

  /// Deadlines are set, put off, brought forward and cleared at random, and time passes, mostly little: what expires is what a list
  /// of deadlines says.
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `expires what has been set last, however often it was changed`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var wheel = TimerWheel(now: MonotonicTime(nanoseconds: 0))
    let nodeCount = 8
    let nodes = UnsafeMutablePointer<TimerNode>.allocate(capacity: nodeCount)
    defer { nodes.deallocate() }
    for index in 0..<nodeCount { (nodes + index).initialize(to: TimerNode(owner: .wait)) }
    var deadlines = [Int64?](repeating: nil, count: nodeCount)
    var now: Int64 = 0
    for _ in 0..<4000 {
      let index = Int.random(in: 0..<nodeCount, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0..<4:
        let range = Self.tick * ([1, 30, 4096, 10_000] as [Int64])[Int.random(in: 0..<4, using: &random)]
        let deadline = now + Int64.random(in: -Self.tick...range, using: &random)
        // One that has passed already comes as soon as one that comes now.
        deadlines[index] = max(deadline, now)
        wheel.set(nodes + index, deadline: MonotonicTime(nanoseconds: deadline))
      case 4:
        deadlines[index] = nil
        wheel.clear(nodes + index)
      case 5:
        deadlines[index] = nil
        wheel.set(nodes + index, deadline: .never)
      default:
        let range = Self.tick * ([1, 1, 40, 9000] as [Int64])[Int.random(in: 0..<4, using: &random)]
        let sleep = wheel.millisecondsToNext(from: MonotonicTime(nanoseconds: now))
        if let soonest = deadlines.compactMap({ $0 }).min() {
          // Never told to sleep past a deadline's tick.
          #expect(now + Int64(sleep ?? .max) * 1_000_000 <= max(soonest, now) + 2 * Self.tick)
        }
        now += Int64.random(in: 0...range, using: &random)
        wheel.advance(to: MonotonicTime(nanoseconds: now))
        while let node = wheel.popExpired() {
          let place = node - nodes
          #expect((deadlines[place] ?? .max) <= now, "early, or cleared")
          deadlines[place] = nil
        }
        let overdue = deadlines.compactMap { $0 }.filter { $0 <= now - Self.tick }
        #expect(overdue.isEmpty, "late")
      }
    }
  }

  @Test(arguments: [1, Self.tick, 100 * Self.tick, 4000 * Self.tick, 5000 * Self.tick])
  func `says how long there is nothing to do, never too long`(_ deadline: Int64) {
    var wheel = TimerWheel(now: MonotonicTime(nanoseconds: 0))
    let idle = wheel.millisecondsToNext(from: MonotonicTime(nanoseconds: 0))
    #expect(idle == nil)
    let node = UnsafeMutablePointer<TimerNode>.allocate(capacity: 1)
    defer { node.deallocate() }
    node.initialize(to: TimerNode(owner: .slot))
    wheel.set(node, deadline: MonotonicTime(nanoseconds: deadline))
    // Sleeping as told, again and again, meets the deadline within two ticks.
    var now: Int64 = 0
    while wheel.popExpired() == nil {
      let sleep = wheel.millisecondsToNext(from: MonotonicTime(nanoseconds: now))
      now += max(1, Int64(sleep ?? 0)) * 1_000_000
      #expect(now <= deadline + 2 * Self.tick)
      wheel.advance(to: MonotonicTime(nanoseconds: now))
      if now > deadline + 4 * Self.tick { break }
    }
    #expect(now >= deadline)
  }
}
