package import Configuration
import Policy
import Transport

/// What came of reading the configuration file.
package struct ConfigurationReading {
  /// Nil if the file can't be used.
  package let snapshot: Snapshot?
  /// Everything that there is to say about what stands in it.
  package let diagnostics: [Diagnostic]
  /// Why it can't be read at all; nil if it can.
  package let problem: String?

  package init(snapshot: Snapshot?, diagnostics: [Diagnostic], problem: String? = nil) {
    self.snapshot = snapshot
    self.diagnostics = diagnostics
    self.problem = problem
  }
}

extension Supervisor {
  /// Goes over to what the configuration file says by now.
  ///
  /// Whatever can fail is done before anything is changed; if it does, all stays as it was, and the log says why.
  mutating func reload() {
    let file = snapshot.configuration.fileName
    log.info("reading \(file) again")
    let reading = reread(snapshot)
    for diagnostic in reading.diagnostics { log.note(diagnostic) }
    if let problem = reading.problem { log.error(problem) }
    guard let fresh = reading.snapshot else { return keepServing(file) }
    do {
      // Each worker makes one of its own; that it can be made is found out here.
      _ = try Authenticator(issuers: fresh.issuers, policy: fresh.policy)
      let sinks = try LogSinks(fresh.configuration, after: sinks)
      do {
        let change = try listeners.change(to: fresh.configuration)
        try movePIDFile(to: fresh.configuration)
        adopt(fresh, change, sinks)
      } catch {
        sinks.finish(within: .zero, except: self.sinks)
        throw error
      }
    } catch let errors as SnapshotErrors {
      for diagnostic in errors.diagnostics { log.note(diagnostic) }
      keepServing(file)
    } catch {
      log.error("\(file): \(error)")
      keepServing(file)
    }
  }

  private func keepServing(_ file: String) {
    log.error("\(file) can't be used: the configuration that was loaded before stays in force")
  }

  private mutating func movePIDFile(to configuration: GatewayConfiguration) throws(SnapshotErrors) {
    guard configuration.pidFile?.value != pidFile else { return }
    try takePIDFile(of: configuration)
    if let pidFile { PIDFile.remove(path: pidFile) }
    pidFile = configuration.pidFile?.value
  }

  private mutating func adopt(_ fresh: Snapshot, _ change: Listeners.Change, _ sinks: LogSinks) {
    let oldSinks = self.sinks
    snapshot = fresh
    self.sinks = sinks
    listeners.adopt(change, log: log)
    if fresh.configuration.workers.count != workers.count {
      log.warning("'workers' has changed, which takes a restart: there are still \(workers.count)")
    }
    _ = startChecks()
    _ = startResolving()
    tendKeys()
    let remaining = Countdown(from: workers.count)
    let successor = fresh.signing?.successor
    let (log, level, file) = (log, fresh.configuration.log.level, fresh.configuration.fileName)
    for (number, worker) in workers.enumerated() {
      let order = WorkerChange(
        snapshot: fresh, accessSink: sinks.access, added: change.added[number], removed: change.removed)
      worker.loop.post {
        worker.assumeIsolated { worker in
          do { try worker.reload(order) } catch { log.error("a worker keeps its old configuration: \(error)") }
        }
        // The last one has handed over what it had for the old logs.
        guard remaining.count() else { return }
        if let successor { fresh.signing?.settle(on: successor) }
        log.change(sink: sinks.error, level: level)
        log.info("\(file) is in force")
        oldSinks.finish(within: .zero, except: sinks)
      }
    }
  }
}

extension GatewayLog {
  /// Says what is to say about a configuration.
  fileprivate func note(_ diagnostic: Diagnostic) {
    switch diagnostic.severity {
    case .error: error(diagnostic.description)
    case .warning: warning(diagnostic.description)
    }
  }
}
