import Configuration
import HTTP
import Observability
import Policy
import Transport

/// Receives connections and looks after those that are quiet.
///
/// Confined to its worker.
final class ConnectionAcceptor: Acceptor, ChannelKeeper {
  unowned let worker: WorkerContext
  /// True for connections of the admin listener.
  ///
  /// Its connections are counted apart, so that it answers however many clients there are, and they hold up no drain.
  private let isAdmin: Bool
  private var adminCount = 0
  let loop: EventLoop
  private var keeper: KeeperID?
  private(set) var parkedCount = 0
  /// Connections by client address, or its /64 for IPv6, kept only where `connections_per_address` asks for it.
  private var countByAddress: [IPAddress: Int] = [:]
  private var addressOf: [ChannelID: IPAddress] = [:]
  /// The reasons for which connections were closed that a PROXY header came with, or none.
  let refusals = FailureLog()
  private var shortageLogged = MonotonicTime(nanoseconds: 0)
  /// The time until which there is no connection to close for others.
  private var roomCheckedUntil = MonotonicTime(nanoseconds: 0)

  /// The time for which a client must have been quiet before its connection is closed for others, in nanoseconds.
  private static let quietEnough: Int64 = 1_000_000_000

  /// The most connections of the admin listener of a worker.
  private static let adminMax = 256

  init(_ worker: WorkerContext, isAdmin: Bool) {
    self.worker = worker
    self.isAdmin = isAdmin
    loop = worker.loop
    keeper = nil
    keeper = loop.register(self)
  }

  var isAccepting: Bool {
    isAdmin
      ? adminCount < Self.adminMax
      : worker.connectionCount < worker.snapshot.shared.configuration.limits.connections
  }

  func accepted(_ channel: consuming Channel, listener: Int) {
    let listener = ListenerTag(rawValue: listener)
    if isAdmin {
      adminCount += 1
    } else if let rule = worker.snapshot.listeners[listener]?.configuration.proxyProtocol {
      return expectHeader(of: channel, listener: listener, by: rule)
    } else {
      guard admits(channel) else { return }
      worker.connectionOpened()
    }
    let timeouts = worker.snapshot.shared.timeouts
    let isSecure = worker.snapshot.listeners[listener]?.tls != nil
    park(channel, listener: listener, for: isSecure ? timeouts.handshake : timeouts.head)
  }

  /// Sends those away who have been quiet the longest, a sixteenth of all that are quiet.
  func makeRoom(forDescriptor: Bool) -> Bool {
    let spared = forDescriptor && worker.dropIdleUpstream()
    guard let keeper, loop.now >= roomCheckedUntil else { return spared }
    let since = MonotonicTime(nanoseconds: loop.now.nanoseconds - Self.quietEnough)
    let oldest = loop.longestParked(with: keeper, by: since, atMost: max(1, parkedCount / 16))
    for id in oldest {
      guard loop.unpark(id) != nil else { continue }
      parkedCount -= 1
      closed(id)
    }
    if oldest.isEmpty { roomCheckedUntil = loop.now.advanced(byNanoseconds: Self.quietEnough / 10) }
    return spared || !oldest.isEmpty
  }

  let refusal = Array(
    ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n").utf8)

  func acceptFailed(_ error: SystemError) {
    // Once a second is enough to be noticed.
    guard loop.now >= shortageLogged.advanced(byNanoseconds: 1_000_000_000) else { return }
    shortageLogged = loop.now
    worker.log.error(
      "a connection can't be accepted: \(error)\(error.isDescriptorShortage ? "; raise the limit on open files" : "")")
  }

  /// Counts a connection for its client, and returns false if the client has its number already.
  func admits(_ channel: borrowing Channel) -> Bool {
    guard let limit = worker.snapshot.shared.configuration.limits.connectionsPerAddress,
      let peer = channel.peerAddress.flatMap(IPAddress.init),
      // Behind a proxy that is trusted stand many.
      !worker.snapshot.shared.policy.trustedProxies.trusts(peer)
    else { return true }
    let address = peer.network
    guard countByAddress[address, default: 0] < limit else { return false }
    countByAddress[address, default: 0] += 1
    addressOf[channel.id] = address
    return true
  }

  /// A connection has been closed, or is about to be.
  func closed(_ id: ChannelID) {
    if isAdmin {
      adminCount -= 1
      return
    }
    worker.connectionClosed()
    guard let address = addressOf.removeValue(forKey: id), let count = countByAddress[address] else { return }
    countByAddress[address] = count > 1 ? count - 1 : nil
  }

  func park(_ channel: consuming Channel, listener: ListenerTag, for nanoseconds: Int64) {
    park(channel, as: ParkedConnection(listener), for: nanoseconds)
  }

  func park(_ channel: consuming Channel, as parked: ParkedConnection, for nanoseconds: Int64) {
    guard let keeper else { return }
    if channel.isReadable { return start(channel, parked) }
    parkedCount += 1
    loop.park(channel, with: keeper, tag: parked.tag, until: loop.now.advanced(byNanoseconds: nanoseconds))
  }

  func closeParked() -> Int {
    guard let keeper else { return 0 }
    parkedCount = 0
    return loop.closeParked(with: keeper)
  }

  func channelWoke(_ channel: consuming Channel, tag: UInt64, wake: Wake) {
    parkedCount -= 1
    if wake == .timedOut || channel.isBroken {
      closed(channel.id)
    } else {
      start(channel, ParkedConnection(tag: tag))
    }
  }

  /// Serves the connection until it is quiet again.
  private func start(_ channel: consuming Channel, _ parked: ParkedConnection) {
    worker.connectionWoke()
    if parked.isUnintroduced {
      let deadline = loop.now.advanced(byNanoseconds: worker.snapshot.shared.timeouts.head)
      return ProxyHeaderReader(channel, listener: parked.listener, for: self, in: loop, until: deadline).start()
    }
    if !channel.isFiltered, let tls = worker.snapshot.listeners[parked.listener]?.tls {
      TLSHandshake(channel, server: tls.current, listener: parked.listener, worker: worker).start()
    } else {
      HTTP1ServerConnection(channel, listener: parked.listener, worker: worker).start()
    }
  }
}
