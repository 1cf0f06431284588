/// The order of work that takes only the database: networks take turns, and when there is too much, the newest request of the network
/// with the most waiting goes.
///
/// A value without threads or clocks; who waits is known by a number, which grows with each arrival.
package struct NetworkQueue: Sendable {
  private var networks: [UInt64: ClientNetwork] = [:]
  private var turns = NetworkTurns()

  package init() {}

  /// The number of requests that wait.
  package var count: Int { networks.count }

  /// Adds a request, whose number is greater than those of all before.
  package mutating func add(_ number: UInt64, as network: ClientNetwork) {
    networks[number] = network
    turns.add(number, of: network)
  }

  /// Takes out the request whose turn it is; nil if none waits.
  package mutating func takeNext() -> UInt64? {
    let number = turns.takeNext()
    if let number { networks[number] = nil }
    return number
  }

  /// Takes out the request that has to make room; nil if none waits.
  package mutating func takeExcess() -> UInt64? {
    guard let number = turns.newestOfMost, remove(number) else { return nil }
    return number
  }

  /// Takes out a request whose client is gone; false if it does not wait.
  package mutating func remove(_ number: UInt64) -> Bool {
    guard let network = networks.removeValue(forKey: number) else { return false }
    turns.remove(number, of: network)
    return true
  }
}
