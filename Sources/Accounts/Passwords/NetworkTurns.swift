/// Requests of several networks that take turns.
struct NetworkTurns: Sendable {
  /// The networks that have requests waiting, in the order of their turns.
  private var networks: [ClientNetwork] = []
  /// Their requests, oldest first; none of the lists is empty.
  private var requests: [ClientNetwork: [UInt64]] = [:]

  var isEmpty: Bool { networks.isEmpty }

  /// The newest request of the network with the most waiting; of several such networks, of the one that came last.
  var newestOfMost: UInt64? {
    let loads = requests.values.compactMap { waiting in waiting.last.map { (count: waiting.count, newest: $0) } }
    return loads.max { $0.count == $1.count ? $0.newest < $1.newest : $0.count < $1.count }?.newest
  }

  mutating func add(_ number: UInt64, of network: ClientNetwork) {
    if requests[network] == nil { networks.append(network) }
    requests[network, default: []].append(number)
  }

  mutating func takeNext() -> UInt64? {
    guard !networks.isEmpty else { return nil }
    let network = networks.removeFirst()
    guard let number = requests[network]?.removeFirst() else { return nil }
    if requests[network]?.isEmpty == true {
      requests[network] = nil
    } else {
      networks.append(network)
    }
    return number
  }

  mutating func remove(_ number: UInt64, of network: ClientNetwork) {
    requests[network]?.removeAll { $0 == number }
    guard requests[network]?.isEmpty == true else { return }
    requests[network] = nil
    networks.removeAll { $0 == network }
  }
}
