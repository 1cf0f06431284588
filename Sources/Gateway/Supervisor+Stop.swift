import Configuration
import Glibc
import Observability
import Proxy
import Transport

/// The stop: the process leaves, drains, and ends.
extension Supervisor {
  static let stoppingRefusal = "the gateway is stopping: nothing was done"

  /// Goes on serving for as long as the configuration says, while `/readyz` has load balancers send their requests elsewhere.
  ///
  /// Another TERM or QUIT ends that sooner.
  ///
  /// - Returns: false if INT wants the process to end at once.
  func leave(_ signals: inout Signals) -> Bool {
    let delay = snapshot.configuration.shutdownDelay
    guard delay > .zero else { return true }
    log.info("stopping in \(delay): until then requests are served, and /readyz answers 503")
    for worker in workers { worker.loop.post { worker.assumeIsolated { $0.leave() } } }
    let deadline = MonotonicTime.current().advanced(by: delay)
    while let signal = signals.next(until: deadline) {
      switch signal {
      case SIGINT:
        log.info("stopping at once")
        return false
      case SIGTERM, SIGQUIT: return true
      case SIGUSR1: reopenLogs()
      default:
        log.warning("the gateway is stopping: every other order is refused")
        orders.report(on: .reload).refuse(Self.stoppingRefusal)
      }
    }
    return true
  }

  /// Lets exchanges finish, for as long as the configuration says; INT ends that.
  func drain(_ signals: inout Signals) {
    log.info("draining: no new connections, \(workers.count) \(workers.count == 1 ? "worker" : "workers") to finish")
    let remaining = Countdown(from: workers.count)
    let main = pthread_self()
    for worker in workers {
      worker.loop.post {
        worker.assumeIsolated { worker in
          worker.drain { if remaining.count() { pthread_kill(main, SIGTERM) } }
        }
      }
    }
    let deadline = MonotonicTime.current().advanced(by: snapshot.configuration.drainTimeout)
    while !remaining.isZero {
      guard let signal = signals.next(until: deadline) else {
        log.warning("'drain_timeout' is over: requests and WebSockets that are still open are cut off")
        return
      }
      if signal == SIGINT { return }
    }
    log.info("all connections have ended")
  }

  /// Lets every worker write its log and close its listeners; a worker that is too busy for it is not waited for.
  func endWorkers() {
    let remaining = Countdown(from: workers.count)
    for worker in workers {
      worker.loop.post {
        worker.assumeIsolated { $0.endTunnels() }
        worker.loop.post {
          worker.assumeIsolated { $0.end() }
          _ = remaining.count()
        }
      }
    }
    let deadline = MonotonicTime.current().advanced(byNanoseconds: 500_000_000)
    while !remaining.isZero, MonotonicTime.current() < deadline { usleep(1000) }
  }
}
