import Bytes
import Configuration
import HTTP
import Policy
import Transport

/// What a worker does and owns.
///
/// Confined to its loop; nothing in it is locked, nothing shared.
///
/// Its asynchronous methods run where their caller runs, which is the worker; that they belong to no actor spares each of them a
/// look whether it is in the right place.
final class ProxyService {
  let loop: EventLoop
  let buffers = BufferPool()
  let log: GatewayLog
  let tunnels: TunnelRegistry
  let keeper: KeyKeeper
  /// Requests that wait for keys of their issuers.
  let keyWaits: KeyWaitlist
  private let state: Confined<State>

  private struct State: ~Copyable {
    var serving: Serving
    var accessLog: AccessLog?
    var random = RandomSource()
    var texts = SecondTexts()
    var connectionCount = 0
    var isDraining = false
    /// The order to stop has come, but the drain is yet to begin.
    var isLeaving = false
    /// Conversations that go on in tasks which are about to start: any of those may take any of these.
    var handedOver: [Conversation] = []
    var desk: FrontDesk?
    var adminDesk: FrontDesk?
    var drained: (@Sendable () -> Void)?
    /// Connections in use at once, the most since memory was last given back, and whether there were any since the last look.
    var usedPeak = 0
    var wasQuiet = false

    init(_ serving: Serving, _ accessLog: AccessLog?) {
      self.serving = serving
      self.accessLog = accessLog
    }
  }

  /// What a worker has made of a snapshot for itself.
  final class Serving {
    let snapshot: Snapshot
    let authenticator: Authenticator
    let groups: [UpstreamGroup]
    let documents: KeyDocuments
    /// Nil where none are configured.
    let assertions: AssertionMaker?

    /// - Parameter previous: what was served until now; groups of which nothing has changed go on with their connections.
    init(_ snapshot: Snapshot, after previous: Serving? = nil, loop: EventLoop) throws {
      self.snapshot = snapshot
      authenticator = try Authenticator(issuers: snapshot.issuers, policy: snapshot.policy)
      documents = snapshot.documents
      assertions = try snapshot.makeAssertions()
      groups = snapshot.upstreams.map { settings in
        previous?.groups.first { $0.settings === settings } ?? UpstreamGroup(settings, loop: loop)
      }
    }

    /// The same with the addresses that servers have by now.
    init(movingServersOf previous: Serving) {
      snapshot = previous.snapshot
      authenticator = previous.authenticator
      documents = previous.documents
      assertions = previous.assertions
      groups = previous.groups.map { $0.renewed() }
    }
  }

  init(_ snapshot: Snapshot, loop: EventLoop, log: GatewayLog, accessLog sink: ByteSink?, keeper: KeyKeeper) throws {
    self.loop = loop
    self.log = log
    tunnels = TunnelRegistry(loop: loop)
    self.keeper = keeper
    keyWaits = KeyWaitlist(keeper.places)
    state = Confined(State(try Serving(snapshot, loop: loop), Self.accessLog(to: sink, snapshot)))
  }

  private static func accessLog(to sink: ByteSink?, _ snapshot: Snapshot) -> AccessLog? {
    sink.map { AccessLog(to: $0, format: snapshot.configuration.log.format) }
  }

  /// What is served by now.
  ///
  /// An exchange keeps the one that it began with.
  var serving: Serving { state.value.serving }
  var accessLog: AccessLog? { state.value.accessLog }
  /// Connections that are open, parked or not, those of the admin listener aside.
  var connectionCount: Int { state.value.connectionCount }
  var isDraining: Bool { state.value.isDraining }
  /// True from the order to stop on: load balancers should send requests elsewhere.
  var isLeaving: Bool { state.value.isLeaving || isDraining }
  /// The current second as text, for logs.
  var texts: SecondTexts { state.value.texts }
  /// The current second as `Date` has it.
  var date: [UInt8] { state.value.texts.imfFixdate }

  /// 64 random bits, unpredictable enough for ids, not for secrets.
  func randomBits() -> UInt64 { state.value.random.next() }

  /// Brings ``texts`` up to date: at the begin of an exchange.
  func updateTexts() { state.value.texts.update(unixTime: loop.unixTime) }

  /// Has the conversation go on in a task.
  func handOver(_ conversation: Conversation) {
    state.value.handedOver.append(conversation)
    state.value.desk?.startTask()
  }

  /// What the task that has just started goes on with.
  func nextHandedOver() -> Conversation? { state.value.handedOver.popLast() }

  func start(on listeners: [NewListener], desk: FrontDesk, adminDesk: FrontDesk) {
    state.value.desk = desk
    state.value.adminDesk = adminDesk
    loop.every(.milliseconds(100)) { [self] in accessLog?.flush() }
    loop.every(.milliseconds(300)) { [self] in trimIfQuiet() }
    listen(on: listeners)
  }

  private func listen(on listeners: [NewListener]) {
    for listener in listeners {
      guard let desk = desk(for: listener.tag) else { continue }
      do throws(SystemError) {
        try loop.listen(on: listener.socket, for: desk, listener: listener.tag.rawValue)
      } catch {
        log.error("a worker can't listen on \(listener.socket.address): \(error)")
      }
    }
  }

  private func desk(for listener: ListenerTag) -> FrontDesk? {
    listener.isAdmin ? state.value.adminDesk : state.value.desk
  }

  /// Serves by another snapshot from now on; exchanges that are under way keep theirs.
  func reload(_ change: WorkerChange) throws {
    let previous = state.value.serving
    state.value.serving = try Serving(change.snapshot, after: previous, loop: loop)
    for group in previous.groups where !serving.groups.contains(where: { $0 === group }) { group.retire() }
    accessLog?.flush()
    state.value.accessLog = Self.accessLog(to: change.accessSink, change.snapshot)
    guard !isDraining else { return }
    listen(on: change.added)
    loop.stopListening { change.removed.contains(ListenerTag(rawValue: $0)) }
  }

  /// Verifies with the keys that the issuers have by now, and forgets what was verified with others.
  func renewKeys() throws {
    let previous = state.value.serving
    state.value.serving = try Serving(previous.snapshot, after: previous, loop: loop)
  }

  /// Goes over to the addresses that servers have by now; exchanges that are under way end where they began.
  func moveServers() {
    guard serving.groups.contains(where: \.isOutdated) else { return }
    state.value.serving = Serving(movingServersOf: serving)
  }

  /// Says from now on that requests should go elsewhere, and serves those that come all the same.
  func leave() { state.value.isLeaving = true }

  func drain(_ done: @escaping @Sendable () -> Void) {
    guard !isDraining else { return }
    state.value.isDraining = true
    state.value.drained = done
    // Whoever asks how things are is answered to the end.
    loop.stopListening { !ListenerTag(rawValue: $0).isAdmin }
  }

  /// The second half of ``drain(_:)``: closes what is idle, once it is known what isn't.
  ///
  /// Requests that had arrived by then, on connections just accepted or quiet until now, are seen in the turns that follow.
  func closeIdle() async {
    for _ in 0..<4 { await loop.nextTurn() }
    if let desk = state.value.desk { state.value.connectionCount -= desk.closeParked() }
    finishIfDrained()
  }

  /// Ends the tunnels, whose clients are told to come back: the process is about to end.
  func endTunnels() { tunnels.cut { _ in .stopping } }

  /// Leaves nothing behind: the process is about to end.
  func end() {
    accessLog?.flush()
    loop.dropListeners()
  }

  /// Closes the connections that are kept for requests to come, wherever they lead; false if there are none.
  func dropIdleUpstream() -> Bool {
    var hasDropped = false
    for group in serving.groups where group.dropIdle() { hasDropped = true }
    return hasDropped
  }

  /// Frees descriptors for a connection upstream; false if none can be spared.
  func makeRoom() -> Bool { state.value.desk?.makeRoom(forDescriptor: true) ?? false }

  func connectionOpened() { state.value.connectionCount += 1 }

  func connectionClosed() {
    state.value.connectionCount -= 1
    finishIfDrained()
  }

  private func finishIfDrained() {
    guard isDraining, connectionCount == 0, let drained = state.value.drained else { return }
    state.value.drained = nil
    for group in serving.groups { group.retire() }
    accessLog?.flush()
    drained()
  }

  /// Puts a quiet connection aside.
  func park(_ client: consuming Downstream, listener: ListenerTag) {
    guard !isDraining || listener.isAdmin, let desk = desk(for: listener) else {
      return close(client, listener: listener)
    }
    desk.park(client.surrender(), listener: listener, for: serving.snapshot.timings.idle)
  }

  /// Closes a connection that was in use.
  func close(_ client: consuming Downstream, listener: ListenerTag) {
    let id = client.socket.id
    _ = consume client
    desk(for: listener)?.closed(id)
  }

  /// Notes that a connection is in use.
  func connectionWoke() {
    state.value.wasQuiet = false
    if let desk = state.value.desk {
      state.value.usedPeak = max(state.value.usedPeak, connectionCount - desk.parkedCount - tunnels.count)
    }
  }

  /// Gives memory back that a burst has left behind, once nobody has said anything for a while.
  ///
  /// What connections in use had allocated lies scattered among what stays, and would be kept for good. Giving it back takes some
  /// milliseconds, so it is done when nobody waits, and only after a burst.
  private func trimIfQuiet() {
    defer { state.value.wasQuiet = true }
    guard state.value.wasQuiet, state.value.usedPeak >= Self.burst,
      connectionCount - tunnels.count == state.value.desk?.parkedCount
    else { return }
    state.value.usedPeak = 0
    buffers.trim()
    Thread.trimMemory()
  }

  /// How many connections at once make a burst.
  private static let burst = 32
}
