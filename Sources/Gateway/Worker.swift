import IssuerKeys
import Observability
import Policy
import Proxy
package import Transport

/// One core's share of the gateway: a loop, and everything that only its thread touches. Other threads send it values.
///
/// ``WorkerContext`` does the work; other threads reach it through this actor alone.
package actor Worker {
  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  private let context: WorkerContext

  /// A worker that serves by that snapshot once its loop runs.
  ///
  /// - Throws: when the loop can't be made or libcrypto can't do what a key needs.
  init(
    _ snapshot: Snapshot, listeners: [ListenerTag: ListenerSettings], log: ErrorLog, accessLog sink: ByteSink?,
    keeper: KeySetRefresher
  ) throws {
    loop = try EventLoop()
    context = try WorkerContext(
      snapshot, listeners: listeners, loop: loop, log: log, accessLog: sink, keeper: keeper)
  }

  /// Begins to accept connections.
  func start(on listeners: [NewListener]) {
    context.start(on: listeners)
  }

  /// Goes over to another snapshot.
  ///
  /// - Throws: when libcrypto can't do what a key needs; nothing has changed then.
  func reload(_ change: WorkerChange) throws {
    try context.reload(change)
    judgeTunnels()
  }

  /// Serves with the keys that the issuers have now.
  ///
  /// - Throws: when libcrypto can't do what a key needs; nothing has changed then.
  func renewKeys() throws {
    try context.renewKeys()
    judgeTunnels()
  }

  /// Refuses the tokens that were taken back.
  func revoke(_ entries: [Revocations.Entry]) { context.revoke(entries) }

  /// Uses the addresses that servers have now.
  func moveServers() { context.moveServers() }

  /// A fetch of that source's keys has ended; what has come of it was told before.
  func fetchEnded(_ source: KeySource, number: UInt64) { context.keyWaits.fetchEnded(source, number: number) }

  /// Verifies the tokens of all tunnels anew: keys or configuration have changed.
  private func judgeTunnels() { Task(executorPreference: loop) { await self.judgeAgain() } }

  private func judgeAgain() async { await context.judgeTunnels() }

  /// Says from now on that requests should go elsewhere.
  func leave() { context.leave() }

  /// Accepts no more, closes what is idle, lets exchanges finish; then calls `done` on the loop's thread.
  package func drain(_ done: @escaping @Sendable () -> Void) {
    context.drain(done)
    Task(executorPreference: loop) { await self.closeIdle() }
  }

  private func closeIdle() async { await context.closeIdle() }

  /// Ends the tunnels; before ``end()``, and in a turn of its own, so that the log has them.
  package func endTunnels() { context.endTunnels() }

  /// Writes what the access log has gathered and lets the listeners go; exchanges are cut off with the process.
  package func end() { context.end() }
}
