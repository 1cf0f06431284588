import Synchronization
import Transport

/// The health of an upstream's servers: one for all workers and the prober, so that what one of them learns the others know.
///
/// As long as all is well, a request costs one look at a number. For any thread.
final class GroupHealth: Sendable {
  let rules: ServerHealth.Rules
  private let monitors: [ServerMonitor]
  /// How many servers aren't ``ServerHealth/Standing/well``.
  private let troubled: Atomic<Int>

  /// - Parameter known: what is known of a server already; nil for one that is new.
  init(count: Int, rules: ServerHealth.Rules, known: (_ server: Int) -> ServerHealth?) {
    self.rules = rules
    monitors = (0..<count).map { ServerMonitor(known($0) ?? ServerHealth(rules)) }
    troubled = Atomic(monitors.count { $0.standing != .well })
  }

  /// Whether every server is as it should be.
  var isClear: Bool { troubled.load(ordering: .relaxed) == 0 }

  func standing(of server: Int) -> ServerHealth.Standing { monitors[server].standing }

  /// What is known of a server, to go on with elsewhere.
  func value(of server: Int) -> ServerHealth { monitors[server].value }

  /// Whether a request would find a server that is believed to work.
  func hasUsableServer(at now: MonotonicTime) -> Bool {
    monitors.contains { monitor in
      switch monitor.standing {
      case .well, .suspect: true
      case .ejected(let until): until <= now
      case .unhealthy: false
      }
    }
  }

  func checked(_ server: Int, passed: Bool) -> ServerHealth.Change? { update(server) { $0.checked(passed: passed) } }

  func answered(_ server: Int, at now: MonotonicTime) -> ServerHealth.Change? {
    update(server) { $0.answered(at: now) }
  }

  func failed(_ server: Int, at now: MonotonicTime) -> ServerHealth.Change? { update(server) { $0.failed(at: now) } }

  func brokeOff(_ server: Int, at now: MonotonicTime) -> ServerHealth.Change? {
    isClear ? nil : update(server) { $0.brokeOff(at: now) }
  }

  func abandoned(_ server: Int, at now: MonotonicTime) {
    if !isClear { update(server) { $0.abandoned(at: now) } }
  }

  /// Of all workers, one gets the turn.
  func beginTrial(of server: Int, at now: MonotonicTime) -> Bool { update(server) { $0.beginTrial(at: now) } }

  private func update<Result: Sendable>(_ server: Int, _ event: (inout ServerHealth) -> Result) -> Result {
    monitors[server].update(event) { before, after in
      if before != after { troubled.add(after ? -1 : 1, ordering: .relaxed) }
    }
  }
}
