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
  let accessLog: AccessLog?
  private let state: Confined<State>

  private struct State: ~Copyable {
    var serving: Serving
    var random = RandomSource()
    var texts = SecondTexts()
    var connectionCount = 0
    var isDraining = false
    var desk: FrontDesk?
    var drained: (@Sendable () -> Void)?
    /// Connections in use at once, the most since memory was last given back, and whether there were any since the last look.
    var usedPeak = 0
    var wasQuiet = false

    init(_ serving: Serving) { self.serving = serving }
  }

  /// What a worker has made of a snapshot for itself.
  final class Serving {
    let snapshot: Snapshot
    let authenticator: Authenticator
    let groups: [UpstreamGroup]

    init(_ snapshot: Snapshot, loop: EventLoop) throws {
      self.snapshot = snapshot
      authenticator = try Authenticator(issuers: snapshot.issuers, policy: snapshot.policy)
      groups = snapshot.upstreams.map { UpstreamGroup($0, loop: loop) }
    }
  }

  init(_ snapshot: Snapshot, loop: EventLoop, log: GatewayLog, accessLog sink: ByteSink?) throws {
    self.loop = loop
    self.log = log
    accessLog = sink.map { AccessLog(to: $0, format: snapshot.configuration.log.format) }
    state = Confined(State(try Serving(snapshot, loop: loop)))
  }

  /// What is served by now.
  ///
  /// An exchange keeps the one that it began with.
  var serving: Serving { state.value.serving }
  /// Connections that are open, parked or not.
  var connectionCount: Int { state.value.connectionCount }
  var isDraining: Bool { state.value.isDraining }
  /// The current second as text, for logs.
  var texts: SecondTexts { state.value.texts }
  /// The current second as `Date` has it.
  var date: [UInt8] { state.value.texts.imfFixdate }

  /// 64 random bits, unpredictable enough for ids, not for secrets.
  func randomBits() -> UInt64 { state.value.random.next() }

  /// Brings ``texts`` up to date: at the begin of an exchange.
  func updateTexts() { state.value.texts.update(unixTime: loop.unixTime) }

  func start(on listeners: [ListeningSocket], desk: FrontDesk) throws(SystemError) {
    state.value.desk = desk
    if let accessLog { loop.every(.milliseconds(100)) { accessLog.flush() } }
    loop.every(.milliseconds(300)) { [self] in trimIfQuiet() }
    for (number, listener) in listeners.enumerated() { try loop.listen(on: listener, for: desk, listener: number) }
  }

  func drain(_ done: @escaping @Sendable () -> Void) {
    guard !isDraining else { return }
    state.value.isDraining = true
    state.value.drained = done
    loop.stopListening()
    if let desk = state.value.desk { state.value.connectionCount -= desk.closeParked() }
    finishIfDrained()
  }

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
  func park(_ client: consuming Downstream, listener: Int) {
    guard !isDraining, let desk = state.value.desk else { return close(client) }
    desk.park(client.surrender(), listener: listener, for: serving.snapshot.timings.idle)
  }

  /// Closes a connection that was in use.
  func close(_ client: consuming Downstream) {
    let id = client.socket.id
    _ = consume client
    if let desk = state.value.desk { desk.closed(id) } else { connectionClosed() }
  }

  /// Notes that a connection is in use.
  func connectionWoke() {
    state.value.wasQuiet = false
    if let desk = state.value.desk { state.value.usedPeak = max(state.value.usedPeak, connectionCount - desk.parkedCount) }
  }

  /// Gives memory back that a burst has left behind, once nobody has said anything for a while.
  ///
  /// What connections in use had allocated lies scattered among what stays, and would be kept for good. Giving it back takes some
  /// milliseconds, so it is done when nobody waits, and only after a burst.
  private func trimIfQuiet() {
    defer { state.value.wasQuiet = true }
    guard state.value.wasQuiet, state.value.usedPeak >= Self.burst, connectionCount == state.value.desk?.parkedCount
    else { return }
    state.value.usedPeak = 0
    buffers.trim()
    Thread.trimMemory()
  }

  /// How many connections at once make a burst.
  private static let burst = 32
}
