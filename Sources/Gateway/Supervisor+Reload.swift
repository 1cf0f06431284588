import Configuration
import Endpoints
import Observability
import Policy
import Proxy
import Signing
import Transport

extension Supervisor {
  /// Reads the configuration file again, and serves with it if it passes.
  ///
  /// All that can fail is done before anything is changed. If it fails, nothing changes, and the log says why.
  mutating func reload() {
    let report = orders.report(on: .reload)
    let file = snapshot.configuration.fileName
    log.info("reading \(file) again")
    let reading = reread(snapshot)
    note(reading.diagnostics, report)
    if let problem = reading.problem {
      log.error(problem)
      report.add("error: \(problem)")
    }
    guard let fresh = reading.snapshot else { return keepServing(file, report) }
    do {
      // Each worker makes one of its own; that it can be made is found out here.
      _ = try Authenticator(issuers: fresh.issuers, policy: fresh.policy)
      let sinks = try LogSinks(fresh.configuration, after: sinks)
      do {
        let change = try listeners.change(to: fresh.configuration)
        try movePIDFile(to: fresh.configuration)
        adopt(fresh, change, sinks, report)
      } catch {
        sinks.finish(within: .zero, except: self.sinks)
        throw error
      }
    } catch let errors as ConfigurationErrors {
      note(errors.diagnostics, report)
      keepServing(file, report)
    } catch {
      log.error("\(file): \(error)")
      report.add("\(file): error: \(error)")
      keepServing(file, report)
    }
  }

  private func note(_ diagnostics: [Diagnostic], _ report: OrderReport) {
    for diagnostic in diagnostics {
      log.note(diagnostic)
      report.add(diagnostic.description)
    }
  }

  private func keepServing(_ file: String, _ report: OrderReport) {
    let summary = "\(file) can't be used: the configuration that was loaded before stays in force"
    log.error(summary)
    report.refuse(summary)
  }

  private mutating func adopt(
    _ fresh: Snapshot, _ change: Listeners.Change, _ sinks: LogSinks, _ report: OrderReport
  ) {
    let oldSinks = self.sinks
    snapshot = fresh
    self.sinks = sinks
    listeners.adopt(change, log: log)
    if fresh.configuration.workers.count != workers.count {
      let problem = "'workers' has changed, which takes a restart: there are still \(workers.count)"
      log.warning(problem)
      report.add("warning: \(problem)")
    }
    _ = startChecks()
    _ = startResolving()
    _ = watchCertificates()
    tendKeys()
    let remaining = Countdown(from: workers.count)
    let successor = fresh.signing?.successor
    let (log, level, file) = (log, fresh.configuration.log.level, fresh.configuration.fileName)
    for (number, worker) in workers.enumerated() {
      let order = WorkerChange(
        snapshot: fresh, accessSink: sinks.access, added: change.added[number], removed: change.removed,
        settings: change.settings(fresh.listeners))
      worker.loop.post {
        worker.assumeIsolated { worker in
          do {
            try worker.reload(order)
          } catch {
            log.error("a worker keeps its old configuration: \(error)")
            report.fail("error: a worker keeps its old configuration: \(error)")
          }
        }
        // The last one has handed over what it had for the old logs.
        guard remaining.count() else { return }
        fresh.accounts?.revocations.releaseInitial()
        if let successor { fresh.signing?.settle(on: successor) }
        log.change(sink: sinks.error, level: level)
        log.info("\(file) is in force")
        report.finish("\(file) is in force")
        oldSinks.finish(within: .zero, except: sinks)
      }
    }
    // Behind the reloads, so that workers learn of nothing new before they have what was revoked until then.
    _ = watchAccounts()
  }
}
