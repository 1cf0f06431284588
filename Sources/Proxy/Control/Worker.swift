import Bytes
import Configuration
import HTTP
import Policy
package import Transport

/// One core's share of the gateway: a loop, and everything that only its thread touches.
///
/// An exchange is straight-line code on the loop. What a worker owns is not locked and not shared; other threads send it values.
package actor Worker {
  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  let buffers = BufferPool()
  let log: GatewayLog
  let accessLog: AccessLog?
  var serving: Serving
  var random = RandomSource()
  var texts = SecondTexts()
  /// Connections that are open, parked or not.
  var connectionCount = 0
  var isDraining = false
  private var desk: FrontDesk?
  private var drained: (@Sendable () -> Void)?

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

  /// A worker that serves by that snapshot once its loop runs.
  ///
  /// - Throws: when the loop can't be made or libcrypto can't do what a key needs.
  package init(_ snapshot: Snapshot, log: GatewayLog, accessLog sink: ByteSink?) throws {
    loop = try EventLoop()
    self.log = log
    accessLog = sink.map { AccessLog(to: $0, format: snapshot.configuration.log.format) }
    serving = try Serving(snapshot, loop: loop)
  }

  /// Begins to accept connections.
  ///
  /// - Parameter listeners: in the order of the configuration.
  package func start(on listeners: [ListeningSocket]) throws(SystemError) {
    let desk = FrontDesk(worker: self, loop: loop)
    self.desk = desk
    if let accessLog { loop.every(.milliseconds(100)) { accessLog.flush() } }
    loop.every(.seconds(30)) { [self] in assumeIsolated { $0.trim() } }
    for (number, listener) in listeners.enumerated() { try loop.listen(on: listener, for: desk, listener: number) }
  }

  /// Accepts no more, closes what is idle, lets exchanges finish; then calls `done` on the loop's thread.
  package func drain(_ done: @escaping @Sendable () -> Void) {
    guard !isDraining else { return }
    isDraining = true
    drained = done
    loop.stopListening()
    if let desk { connectionCount -= desk.closeParked() }
    finishIfDrained()
  }

  /// A connection has been closed.
  func connectionClosed() {
    connectionCount -= 1
    finishIfDrained()
  }

  private func finishIfDrained() {
    guard isDraining, connectionCount == 0, let drained else { return }
    self.drained = nil
    for group in serving.groups { group.retire() }
    accessLog?.flush()
    drained()
  }

  /// Gives memory back that a burst has left behind, when there is little to do.
  private func trim() {
    guard buffers.idleBytes > 1 << 20, connectionCount == desk?.parkedCount else { return }
    buffers.trim()
    Thread.trimMemory()
  }

  /// Puts a quiet connection aside.
  func park(_ client: consuming Downstream, listener: Int) {
    guard !isDraining, let desk else { return connectionClosed() }
    desk.park(client.surrender(), listener: listener, for: serving.snapshot.configuration.limits.idleTimeout)
  }
}

/// Receives connections and looks after those that are quiet. Confined to its worker.
final class FrontDesk: Acceptor, SocketKeeper {
  private unowned let worker: Worker
  private let loop: EventLoop
  private var keeper: KeeperID?
  private(set) var parkedCount = 0
  private var shortageLogged = MonotonicTime(nanoseconds: 0)

  init(worker: Worker, loop: EventLoop) {
    self.worker = worker
    self.loop = loop
    keeper = nil
    keeper = loop.register(self)
  }

  var isAccepting: Bool {
    worker.assumeIsolated { $0.connectionCount < $0.serving.snapshot.configuration.limits.connections }
  }

  func accepted(_ socket: consuming Socket, listener: Int) {
    let limits = worker.assumeIsolated { worker in
      worker.connectionCount += 1
      return worker.serving.snapshot.configuration.limits
    }
    park(socket, listener: listener, for: limits.headTimeout)
  }

  func acceptFailed(_ error: SystemError) {
    // Once a second is enough to be noticed.
    guard loop.now >= shortageLogged.advanced(byNanoseconds: 1_000_000_000) else { return }
    shortageLogged = loop.now
    worker.log.error("a connection can't be accepted: \(error)\(error.isDescriptorShortage ? "; raise the limit on open files" : "")")
  }

  func park(_ socket: consuming Socket, listener: Int, for time: Duration) {
    guard let keeper else { return }
    if socket.isReadable { return start(socket, listener: listener) }
    parkedCount += 1
    loop.park(socket, with: keeper, tag: UInt64(listener), until: loop.now.advanced(by: time))
  }

  func closeParked() -> Int {
    guard let keeper else { return 0 }
    parkedCount = 0
    return loop.closeParked(with: keeper)
  }

  func socketWoke(_ socket: consuming Socket, tag: UInt64, wake: Wake) {
    parkedCount -= 1
    if wake == .timedOut || socket.isBroken {
      worker.assumeIsolated { $0.connectionClosed() }
    } else {
      start(socket, listener: Int(tag))
    }
  }

  /// Starts the task that serves the connection until it is quiet again.
  private func start(_ socket: consuming Socket, listener: Int) {
    let id = loop.handOver(socket)
    let worker = worker
    Task(executorPreference: loop) { await worker.serve(id, listener: listener) }
  }
}
