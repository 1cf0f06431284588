import Configuration
import Endpoints
import IssuerKeys
import Observability
import Proxy
import Transport

/// The start: descriptors, listeners, workers, and what runs beside them.
extension Supervisor {
  /// Binds, and starts all threads.
  ///
  /// - Returns: false if that failed; the log says why.
  mutating func start() -> Bool {
    pidFile = snapshot.configuration.pidFile?.value
    DescriptorLimit.raise()
    let change: Listeners.Change
    do throws(ConfigurationErrors) { change = try listeners.change(to: snapshot.configuration) } catch {
      return fail(error)
    }
    guard let keeper = makeKeeper(), startWorkers(on: change, keeper: keeper) else { return false }
    self.keeper = keeper
    tendKeys()
    snapshot.accounts?.revocations.releaseInitial()
    guard watchAccounts(), startChecks(), startResolving(), watchCertificates() else { return false }
    listeners.adopt(change, log: log)
    log.info("serving with \(workers.count) \(workers.count == 1 ? "worker" : "workers")")
    return true
  }

  private func makeKeeper() -> KeySetRefresher? {
    do throws(SystemError) {
      return try KeySetRefresher(log: log)
    } catch {
      log.error("keys can't be refreshed: \(error)")
      return nil
    }
  }

  /// Starts a worker with a thread of its own for each of the lists of sockets.
  private mutating func startWorkers(on change: Listeners.Change, keeper: KeySetRefresher) -> Bool {
    let settings = change.settings(snapshot.listeners)
    for (number, own) in change.added.enumerated() {
      do {
        let worker = try Worker(snapshot, listeners: settings, log: log, accessLog: sinks.access, keeper: keeper)
        // Nothing but the worker may hold on to its sockets: they close when it listens no more.
        worker.loop.post { worker.assumeIsolated { $0.start(on: own) } }
        try Thread.start(name: "worker \(number)") { worker.loop.run() }
        workers.append(worker)
      } catch {
        log.error("a worker can't start: \(error)")
        return false
      }
    }
    return true
  }
}

extension WorkerCount {
  /// The number of workers on this machine.
  var count: Int {
    switch self {
    case .automatic: Processors.usable
    case .fixed(let count): count
    }
  }
}
