import Transport

/// The health of an upstream's endpoints: one for all workers and the prober, so that what one of them learns the others know.
///
/// As long as all is well, a request costs one look at a number. For any thread.
final class GroupHealth: Sendable {
  let rules: ServerHealth.Rules
  private let monitors: [ServerMonitor]
  private let troubled: TroubleCount

  /// - Parameter troubled: the count that the monitors keep, together with those of tables before and after this one.
  init(rules: ServerHealth.Rules, monitors: [ServerMonitor], troubled: TroubleCount) {
    self.rules = rules
    self.monitors = monitors
    self.troubled = troubled
  }

  /// True while every endpoint is as it should be.
  var isClear: Bool { troubled.isZero }

  func standing(of endpoint: Int) -> ServerHealth.Standing { monitors[endpoint].standing }

  /// Tells if a request would find an endpoint that is believed to work.
  func hasUsableServer(at now: MonotonicTime) -> Bool {
    monitors.contains { monitor in
      switch monitor.standing {
      case .well, .suspect: true
      case .ejected(let until): until <= now
      case .unhealthy: false
      }
    }
  }

  func checked(_ endpoint: Int, passed: Bool) -> ServerHealth.Change? { monitors[endpoint].checked(passed: passed) }

  func answered(_ endpoint: Int, at now: MonotonicTime) -> ServerHealth.Change? {
    monitors[endpoint].update { $0.answered(at: now) }
  }

  func failed(_ endpoint: Int, at now: MonotonicTime) -> ServerHealth.Change? {
    monitors[endpoint].update { $0.failed(at: now) }
  }

  func brokeOff(_ endpoint: Int, at now: MonotonicTime) -> ServerHealth.Change? {
    isClear ? nil : monitors[endpoint].update { $0.brokeOff(at: now) }
  }

  func abandoned(_ endpoint: Int, at now: MonotonicTime) {
    if !isClear { monitors[endpoint].update { $0.abandoned(at: now) } }
  }

  /// Of all workers, one gets the turn.
  func beginTrial(of endpoint: Int, at now: MonotonicTime) -> Bool {
    monitors[endpoint].update { $0.beginTrial(at: now) }
  }
}
