/// The order in which passwords are hashed: fair to networks, and to logins before registrations.
///
/// Hashing is what costs the gateway most, and anybody may ask for it. So that a crowd of requests from one place delays that place
/// and nobody else:
///
/// 1. Logins go before registrations. But a registration that has been overtaken by three logins goes next: of four places that
///    become free, a waiting registration gets one.
/// 2. Among logins, and among registrations, networks take turns: one request of each, then the next of each. Requests of one network
///    keep their order.
/// 3. A network that had nothing waiting comes behind all that have.
/// 4. When there are too many, the newest request of the network with the most waiting goes, of logins and registrations together.
///    Among networks with equally many, one whose newest request is a registration loses first, then the one that came last.
///
/// A value without threads or clocks; who waits is known by a number, which grows with each arrival.
package struct HashingQueue: Sendable {
  package enum Operation: Sendable, Hashable, CaseIterable {
    case login
    case registration
  }

  /// The properties of a request that decide its turn.
  package struct Label: Sendable, Hashable {
    package let operation: Operation
    package let network: ClientNetwork

    package init(_ operation: Operation, from network: ClientNetwork) {
      self.operation = operation
      self.network = network
    }
  }

  private var labels: [UInt64: Label] = [:]
  private var logins = NetworkTurns()
  private var registrations = NetworkTurns()
  /// The number of logins that went before the next registration since it became the next.
  private var overtaking = 0

  /// After how many logins a waiting registration goes.
  private static let loginsInARow = 3

  package init() {}

  /// The number of requests that wait.
  package var count: Int { labels.count }

  /// Adds a request, whose number is greater than those of all before.
  package mutating func add(_ number: UInt64, as label: Label) {
    labels[number] = label
    switch label.operation {
    case .login: logins.add(number, of: label.network)
    case .registration: registrations.add(number, of: label.network)
    }
  }

  /// Takes out the request whose turn it is; nil if none waits.
  package mutating func takeNext() -> UInt64? {
    let isRegistrationsTurn = overtaking >= Self.loginsInARow || logins.isEmpty
    let number: UInt64?
    if isRegistrationsTurn, let registration = registrations.takeNext() {
      overtaking = 0
      number = registration
    } else {
      number = logins.takeNext()
      overtaking = registrations.isEmpty ? 0 : overtaking + 1
    }
    if let number { labels[number] = nil }
    return number
  }

  /// Takes out the request that has to make room; nil if none waits.
  package mutating func takeExcess() -> UInt64? {
    var loads: [ClientNetwork: (count: Int, newest: UInt64)] = [:]
    for (number, label) in labels {
      let load = loads[label.network] ?? (0, 0)
      loads[label.network] = (load.count + 1, max(load.newest, number))
    }
    let excess = loads.values.max { left, right in
      if left.count != right.count { return left.count < right.count }
      let (isLeft, isRight) = (isRegistration(left.newest), isRegistration(right.newest))
      return isLeft == isRight ? left.newest < right.newest : isRight
    }
    guard let excess, remove(excess.newest) else { return nil }
    return excess.newest
  }

  /// Takes out a request whose client is gone; false if it does not wait.
  package mutating func remove(_ number: UInt64) -> Bool {
    guard let label = labels.removeValue(forKey: number) else { return false }
    switch label.operation {
    case .login: logins.remove(number, of: label.network)
    case .registration: registrations.remove(number, of: label.network)
    }
    if registrations.isEmpty { overtaking = 0 }
    return true
  }

  private func isRegistration(_ number: UInt64) -> Bool { labels[number]?.operation == .registration }
}
