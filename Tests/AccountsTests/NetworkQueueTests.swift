import Accounts
import Testing

/// The turns of work that takes only the database.
@Suite struct NetworkQueueTests {
  private static let (one, two, three) = (ClientNetwork(v4: 1), ClientNetwork(v4: 2), ClientNetwork(v4: 3))

  private func queue(_ arrivals: [ClientNetwork]) -> NetworkQueue {
    var queue = NetworkQueue()
    for (number, network) in arrivals.enumerated() { queue.add(UInt64(number), as: network) }
    return queue
  }

  private func order(_ queue: NetworkQueue) -> [UInt64] {
    var queue = queue
    var order: [UInt64] = []
    while let number = queue.takeNext() { order.append(number) }
    return order
  }

  @Test func `networks take turns, each in its own order`() {
    #expect(order(queue([Self.one, Self.one, Self.one, Self.two, Self.two, Self.three])) == [0, 3, 5, 1, 4, 2])
  }

  @Test func `the newest of the network with the most waiting makes room`() {
    var queue = queue([Self.one, Self.two, Self.one, Self.one, Self.two])
    let excess = [queue.takeExcess(), queue.takeExcess()]
    #expect(excess == [3, 4], "of two with as many, the one that came last")
    #expect(queue.count == 3)
    #expect(order(queue) == [0, 1, 2])
  }

  @Test func `who leaves is forgotten`() {
    var queue = queue([Self.one, Self.two, Self.one])
    let left = [queue.remove(0), queue.remove(0), queue.remove(1)]
    #expect(left == [true, false, true])
    #expect(order(queue) == [2])
    #expect(queue.count == 1)
    var empty = NetworkQueue()
    let nobody = [empty.takeNext(), empty.takeExcess()]
    #expect(nobody == [nil, nil])
  }
}
