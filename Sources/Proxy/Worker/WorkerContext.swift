import Bytes
import Configuration
import Endpoints
import HTTP
package import IssuerKeys
package import Observability
package import Policy
import TLS
package import Transport

/// All that a worker owns and its exchanges use.
///
/// Confined to its loop. No lock is taken here; what it shares with other workers is immutable, but for counters, the log and the health
/// of servers.
package final class WorkerContext {
  let loop: EventLoop
  let buffers = BufferPool()
  let connector: any Connector
  let log: ErrorLog
  let tunnels: TunnelRegistry
  let keeper: KeySetRefresher
  /// Requests that wait for keys of their issuers.
  package let keyWaits: KeyWaitlist
  /// TLS handshakes with clients.
  let handshakes: HandshakeGate
  private let state: Confined<State>

  private struct State: ~Copyable {
    var snapshot: WorkerSnapshot
    /// That of the snapshot, so that no request has to go and look for it.
    var headTimeout: Int64
    var accessLog: AccessLog?
    /// The tokens that were taken back by now.
    var revocations: Revocations
    var random: RandomSource
    var texts = DateCache()
    var connectionCount = 0
    var isDraining = false
    /// The order to stop has come, but the drain is yet to begin.
    var isLeaving = false
    var acceptor: ConnectionAcceptor?
    var adminAcceptor: ConnectionAcceptor?
    var drained: (@Sendable () -> Void)?
    /// Connections in use at once, the most since memory was last given back, and whether there were any since the last look.
    var usedPeak = 0
    var wasQuiet = false

    init(_ snapshot: WorkerSnapshot, _ accessLog: AccessLog?, random: RandomSource) {
      self.random = random
      self.snapshot = snapshot
      headTimeout = snapshot.shared.timeouts.head
      self.accessLog = accessLog
      revocations = Revocations(snapshot.shared.accounts?.revocations.initial ?? [])
    }
  }

  /// - Throws: when libcrypto can't do what a key needs.
  package convenience init(
    _ snapshot: Snapshot, listeners: [ListenerTag: ListenerSettings], loop: EventLoop, log: ErrorLog,
    accessLog sink: ByteSink?, keeper: KeySetRefresher
  ) throws {
    try self.init(
      snapshot, listeners: listeners, loop: loop, log: log, accessLog: sink, keeper: keeper, connector: nil)
  }

  /// - Parameters:
  ///   - connector: opens connections to upstreams; nil for the kernel's sockets.
  ///   - random: the source of request ids.
  init(
    _ snapshot: Snapshot, listeners: [ListenerTag: ListenerSettings] = [:], loop: EventLoop, log: ErrorLog,
    accessLog sink: ByteSink?, keeper: KeySetRefresher,
    connector: (any Connector)?, random: RandomSource = RandomSource()
  ) throws {
    self.loop = loop
    self.connector = connector ?? SocketConnector(loop)
    self.log = log
    tunnels = TunnelRegistry(loop: loop)
    self.keeper = keeper
    keyWaits = KeyWaitlist(keeper.places)
    handshakes = HandshakeGate(loop)
    state = Confined(
      State(
        try WorkerSnapshot(snapshot, listeners: listeners, loop: loop), Self.accessLog(to: sink, snapshot),
        random: random))
  }

  private static func accessLog(to sink: ByteSink?, _ snapshot: Snapshot) -> AccessLog? {
    sink.map { AccessLog(to: $0, format: snapshot.configuration.log.format) }
  }

  /// The snapshot that is served now.
  ///
  /// An exchange keeps the one that it began with.
  var snapshot: WorkerSnapshot { state.value.snapshot }
  var accessLog: AccessLog? { state.value.accessLog }
  /// The tokens that were taken back by now.
  var revocations: Revocations { state.value.revocations }
  /// Connections that are open, parked or not, those of the admin listener aside.
  var connectionCount: Int { state.value.connectionCount }
  var isDraining: Bool { state.value.isDraining }
  /// True from the order to stop on: load balancers should send requests elsewhere.
  var isLeaving: Bool { state.value.isLeaving || isDraining }
  /// The current second in the forms of logs and of `Date`, as ``updateTexts()`` has left it.
  var texts: DateCache { state.value.texts }
  /// The current second as `Date` has it.
  var date: [UInt8] { state.value.texts.imfFixdate }

  /// From the first byte of a request's head to its last, in nanoseconds.
  var headTimeout: Int64 { state.value.headTimeout }

  /// True if requests that come now are served by that snapshot.
  func isServing(_ snapshot: WorkerSnapshot) -> Bool { state.value.snapshot === snapshot }

  private func serve(by snapshot: WorkerSnapshot) {
    state.value.snapshot = snapshot
    state.value.headTimeout = snapshot.shared.timeouts.head
  }

  /// True if exchanges are logged, so that it is worth while to note what they come to.
  var isLogging: Bool { state.value.accessLog != nil }

  /// Writes the access log's line for an exchange that has ended.
  ///
  /// - Parameter isUnread: the request's head could not be read.
  func logExchange(
    _ record: ExchangeRecord, _ request: borrowing RequestHead, _ peer: Peer, _ snapshot: WorkerSnapshot,
    isUnread: Bool
  ) {
    guard let accessLog else { return }
    updateTexts()
    if isUnread {
      accessLog.writeUnread(record, peer, at: loop.now, texts: texts)
    } else {
      accessLog.write(record, request, peer, at: loop.now, texts: texts, policy: snapshot.shared.policy)
    }
  }

  /// The id of a request that has arrived.
  func makeRequestID() -> RequestID {
    updateTexts()
    return RequestID(high: randomBits(), low: randomBits())
  }

  /// Tells if requests that come now would be served, and if not, why.
  var readiness: GatewayReadiness {
    if isLeaving { return .draining }
    guard snapshot.shared.configuration.admin?.ready == .upstreams else { return .ready }
    let down = snapshot.groups.filter { !$0.table.health.hasUsableServer(at: loop.now) }
    return down.isEmpty ? .ready : .unavailable(upstreams: down.map(\.settings.name))
  }

  /// 64 random bits, unpredictable enough for ids, not for secrets.
  func randomBits() -> UInt64 { state.value.random.next() }

  /// Brings ``texts`` up to date: when an exchange begins, and when its line is written.
  func updateTexts() { state.value.texts.update(unixTime: loop.unixTime) }

  /// Begins to accept connections.
  package func start(on listeners: [NewListener]) {
    state.value.acceptor = ConnectionAcceptor(self, isAdmin: false)
    state.value.adminAcceptor = ConnectionAcceptor(self, isAdmin: true)
    loop.every(.milliseconds(100)) { [self] in accessLog?.flush() }
    loop.every(.milliseconds(300)) { [self] in trimIfQuiet() }
    loop.every(.seconds(60)) { [self] in state.value.revocations.forget(expiredBy: loop.unixTime) }
    listen(on: listeners)
  }

  private func listen(on listeners: [NewListener]) {
    for listener in listeners {
      guard let acceptor = acceptor(for: listener.tag) else { continue }
      do throws(SystemError) {
        try loop.listen(on: listener.socket, for: acceptor, listener: listener.tag.rawValue)
      } catch {
        log.error("a worker can't listen on \(listener.socket.address): \(error)")
      }
    }
  }

  /// The acceptor of a listener's connections; nil before ``start(on:)``.
  func acceptor(for listener: ListenerTag) -> ConnectionAcceptor? {
    listener.isAdmin ? state.value.adminAcceptor : state.value.acceptor
  }

  /// Serves by another snapshot from now on; exchanges that are under way keep theirs.
  package func reload(_ change: WorkerChange) throws {
    let previous = state.value.snapshot
    serve(by: try WorkerSnapshot(change.snapshot, listeners: change.settings, after: previous, loop: loop))
    // The same accounts go on with what was revoked; others bring theirs.
    if let feed = change.snapshot.accounts?.revocations, feed !== previous.shared.accounts?.revocations {
      state.value.revocations = Revocations(feed.initial)
    }
    for group in previous.groups where !snapshot.groups.contains(where: { $0 === group }) { group.retire() }
    accessLog?.flush()
    state.value.accessLog = Self.accessLog(to: change.accessSink, change.snapshot)
    guard !isDraining else { return }
    listen(on: change.added)
    loop.stopListening { change.removed.contains(ListenerTag(rawValue: $0)) }
  }

  /// Verifies with the keys that the issuers have by now, and forgets what was verified with others.
  package func renewKeys() throws {
    let previous = state.value.snapshot
    serve(by: try WorkerSnapshot(previous.shared, listeners: [:], after: previous, loop: loop))
  }

  /// Goes over to the addresses that servers have by now; exchanges that are under way end where they began.
  package func moveServers() {
    guard snapshot.groups.contains(where: \.isOutdated) else { return }
    serve(by: WorkerSnapshot(movingServersOf: snapshot))
  }

  /// Says from now on that requests should go elsewhere, and serves those that come all the same.
  package func leave() { state.value.isLeaving = true }

  /// Accepts no more, and calls `done` once no connection is left.
  package func drain(_ done: @escaping @Sendable () -> Void) {
    guard !isDraining else { return }
    state.value.isDraining = true
    state.value.drained = done
    // Requests to the admin listener are answered to the end.
    loop.stopListening { !ListenerTag(rawValue: $0).isAdmin }
  }

  /// The second half of ``drain(_:)``: closes what is idle, once it is known what isn't.
  ///
  /// Requests that had arrived by then, on connections just accepted or quiet until now, are seen in the turns that follow.
  package func closeIdle() async {
    for _ in 0..<4 { await loop.nextTurn() }
    closeParked()
  }

  /// Closes the connections that nobody uses.
  func closeParked() {
    if let acceptor = state.value.acceptor { state.value.connectionCount -= acceptor.closeParked() }
    finishIfDrained()
  }

  /// Judges the tokens of all tunnels again: keys or configuration have changed.
  package func judgeTunnels() async { await tunnels.judgeAgain() }

  /// Refuses the tokens that were taken back from now on, and cuts the tunnels that were opened with one.
  package func revoke(_ entries: [Revocations.Entry]) {
    state.value.revocations.add(entries)
    let revocations = revocations
    tunnels.cut { tunnel in
      guard let warrant = tunnel.warrant, revocations.include(warrant.identity) else { return nil }
      return .token(.tokenRevoked)
    }
  }

  /// Ends the tunnels, whose clients are told to come back: the process is about to end.
  package func endTunnels() { tunnels.cut { _ in .stopping } }

  /// Leaves nothing behind: the process is about to end.
  package func end() {
    accessLog?.flush()
    loop.dropListeners()
  }

  /// Closes the connections that are kept for requests to come, wherever they lead; false if there are none.
  func dropIdleUpstream() -> Bool {
    var hasDropped = false
    for group in snapshot.groups where group.dropIdle() { hasDropped = true }
    return hasDropped
  }

  /// Frees descriptors for a connection upstream; false if none can be spared.
  func makeRoom() -> Bool { state.value.acceptor?.makeRoom(forDescriptor: true) ?? false }

  func connectionOpened() { state.value.connectionCount += 1 }

  func connectionClosed() {
    state.value.connectionCount -= 1
    finishIfDrained()
  }

  private func finishIfDrained() {
    guard isDraining, connectionCount == 0, let drained = state.value.drained else { return }
    state.value.drained = nil
    for group in snapshot.groups { group.retire() }
    accessLog?.flush()
    drained()
  }

  /// Puts a quiet connection aside.
  func park(_ socket: consuming Channel, listener: ListenerTag) {
    guard !isDraining || listener.isAdmin, let acceptor = acceptor(for: listener) else {
      let id = socket.id
      _ = consume socket
      return closed(id, listener: listener)
    }
    acceptor.park(socket, listener: listener, for: snapshot.shared.timeouts.idle)
  }

  /// A connection that was in use has been closed.
  func closed(_ id: ChannelID, listener: ListenerTag) { acceptor(for: listener)?.closed(id) }

  /// Notes why a TLS handshake with a client has failed.
  ///
  /// Anybody can make handshakes fail, so that is nothing for a log at its usual level.
  func noteFailedHandshake(_ error: TLSError, from peer: SocketAddress?) {
    log.debug("a TLS handshake with \(peer.map(\.description) ?? "a client") failed: \(error.textOfClient)")
  }

  /// Notes that a connection is in use.
  func connectionWoke() {
    state.value.wasQuiet = false
    if let acceptor = state.value.acceptor {
      state.value.usedPeak = max(state.value.usedPeak, connectionCount - acceptor.parkedCount - tunnels.count)
    }
  }

  /// Gives memory back that a burst has left behind, once no connection has been active for a while.
  ///
  /// Memory that busy connections had allocated lies scattered among memory that stays in use, and would be kept for good. Giving
  /// it back takes some milliseconds, so it is done when no client waits, and only after a burst.
  private func trimIfQuiet() {
    defer { state.value.wasQuiet = true }
    guard state.value.wasQuiet, state.value.usedPeak >= Self.burst,
      connectionCount - tunnels.count == state.value.acceptor?.parkedCount
    else { return }
    state.value.usedPeak = 0
    buffers.trim()
    Thread.trimMemory()
  }

  /// The number of connections at once that makes a burst.
  private static let burst = 32
}
