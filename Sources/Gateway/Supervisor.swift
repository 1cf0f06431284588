package import Configuration
import Endpoints
import Glibc
import IssuerKeys
import Observability
package import Proxy
import Signing
import Synchronization
package import Transport

/// The process: binds, starts the workers, waits for signals, reads the configuration again, lets the workers finish.
///
/// Runs on the main thread.
package struct Supervisor {
  var snapshot: Snapshot
  let log: ErrorLog
  var sinks: LogSinks
  var workers: [Worker] = []
  var listeners: Listeners
  /// The path of the file that holds the process id now.
  var pidFile: String?
  /// Made when the first configuration asks for checks.
  var prober: HealthProber?
  /// Made when the first configuration has names to resolve.
  var resolver: UpstreamResolver?
  /// Made when the workers are.
  var keeper: KeySetRefresher?
  /// The clients that wait for the outcome of an order, and the socket that they come over.
  let orders = OrderDesk()
  var control: ControlSocket?
  /// Reads the configuration again.
  let reread: (_ previous: Snapshot) -> ConfigurationReading

  /// Opens the logs.
  ///
  /// - Parameter reread: reads the file again that the snapshot was made from, for a reload.
  /// - Throws: which log can't be opened, with its place in the configuration.
  package init(
    _ snapshot: Snapshot, reread: @escaping (_ previous: Snapshot) -> ConfigurationReading
  ) throws(ConfigurationErrors) {
    self.snapshot = snapshot
    self.reread = reread
    sinks = try LogSinks(snapshot.configuration)
    log = ErrorLog(sink: sinks.error, level: snapshot.configuration.log.level)
    listeners = Listeners(workerCount: snapshot.configuration.workers.count)
  }

  /// Serves until a signal says otherwise.
  ///
  /// - Parameter signals: blocked before any thread was started.
  /// - Returns: whether it served at all; if not, why was said in the log.
  package mutating func run(_ signals: consuming Signals) -> Bool {
    defer { sinks.finish(within: .seconds(1)) }
    // First, so that of two gateways with one file the second takes no connection from the first.
    do throws(ConfigurationErrors) { try takePIDFile(of: snapshot.configuration) } catch { return fail(error) }
    defer { if let pidFile { PIDFile.remove(path: pidFile) } }
    control = orders.open(beside: snapshot.configuration.pidFile?.value, log: log)
    defer { control?.close() }
    // What hashes at the end of the process would use a libcrypto that is being taken down.
    defer { snapshot.accounts?.shutDown() }
    defer { endWorkers() }
    guard start() else { return false }

    while let signal = signals.next() {
      switch signal {
      case SIGINT:
        log.info("stopping at once")
        return true
      case SIGUSR1:
        reopenLogs()
      case SIGHUP: reload()
      case SIGUSR2:
        log.warning("USR2, the upgrade to a new binary, is not supported yet by this version: nothing was done")
      default:
        if leave(&signals) {
          orders.close(because: Self.stoppingRefusal)
          drain(&signals)
        }
        return true
      }
    }
    return true
  }

  /// Says why the gateway can't start: as `-t` does on standard error, where the one who started it looks, and in a log elsewhere.
  private func fail(_ errors: ConfigurationErrors) -> Bool {
    for diagnostic in errors.diagnostics {
      StandardError.write(diagnostic.description)
      if sinks.error?.target != .standardError { log.note(diagnostic) }
    }
    return false
  }

  private static let stoppingRefusal = "the gateway is stopping: nothing was done"

  /// Opens the log files anew.
  ///
  /// A log that can't be opened is reported, and is written on where it was.
  private func reopenLogs() {
    let report = orders.report(on: .reopen)
    log.info("reopening logs")
    let errors = sinks.reopen(snapshot.configuration)
    guard errors.isEmpty else {
      for error in errors {
        log.note(error)
        // The log may be a file that has lost its name.
        if sinks.error?.target != .standardError { StandardError.write(error.description) }
        report.fail(error.description)
      }
      return report.refuse("not every log was reopened: the others are still written as before")
    }
    report.finish("the logs were reopened")
  }

  /// The message about a pid file that can't be made.
  static func problem(pidFile: String, _ error: SystemError) -> String {
    if error.code == EEXIST { return "'\(pidFile)' can't be written: what stands there is no file" }
    let hint = error.code == ENOENT ? "; its folder must be there" : ""
    return "'\(pidFile)' can't be written: \(error)\(hint)"
  }

  /// Writes the process id where the configuration wants it.
  ///
  /// - Throws: that the file can't be written, or belongs to a gateway that runs.
  func takePIDFile(of configuration: GatewayConfiguration) throws(ConfigurationErrors) {
    guard let file = configuration.pidFile else { return }
    let problem: String
    do throws(PIDFile.CreationError) {
      return try PIDFile.create(path: file.value)
    } catch {
      switch error {
      case .inUse(let process): problem = "'\(file.value)' belongs to a gateway that is running, process \(process)"
      case .failed(let error): problem = Self.problem(pidFile: file.value, error)
      }
    }
    throw ConfigurationErrors(diagnostics: [configuration.error(at: file.location, problem)])
  }

  private mutating func start() -> Bool {
    pidFile = snapshot.configuration.pidFile?.value
    DescriptorLimit.raise()
    let change: Listeners.Change
    do throws(ConfigurationErrors) { change = try listeners.change(to: snapshot.configuration) } catch {
      return fail(error)
    }
    let keeper: KeySetRefresher
    do throws(SystemError) {
      keeper = try KeySetRefresher(log: log)
    } catch {
      log.error("keys can't be refreshed: \(error)")
      return false
    }
    let count = snapshot.configuration.workers.count
    for number in 0..<count {
      do {
        let worker = try Worker(snapshot, log: log, accessLog: sinks.access, keeper: keeper)
        let own = change.added[number]
        // Nothing but the worker may hold on to its sockets: they close when it listens no more.
        worker.loop.post { worker.assumeIsolated { $0.start(on: own) } }
        try Thread.start(name: "worker \(number)") { worker.loop.run() }
        workers.append(worker)
      } catch {
        log.error("a worker can't start: \(error)")
        return false
      }
    }
    self.keeper = keeper
    tendKeys()
    guard startChecks(), startResolving() else { return false }
    listeners.adopt(change, log: log)
    log.info("serving with \(count) \(count == 1 ? "worker" : "workers")")
    return true
  }

  /// Starts the checks of servers that the snapshot asks for.
  ///
  /// Returns false if their thread can't be started.
  mutating func startChecks() -> Bool {
    if prober == nil {
      guard snapshot.upstreams.contains(where: { $0.isChecked }) else { return true }
      do throws(SystemError) {
        prober = try HealthProber(log: log)
      } catch {
        log.error("health checks can't start: \(error)")
        return false
      }
    }
    prober?.watch(snapshot.upstreams)
    return true
  }

  /// Starts to resolve the names of the snapshot's servers; workers and prober are told of every change.
  ///
  /// - Returns: false if the threads could not be started.
  mutating func startResolving() -> Bool {
    if resolver == nil {
      guard snapshot.upstreams.contains(where: { !$0.hosts.isEmpty }) else { return true }
      do throws(SystemError) {
        resolver = try UpstreamResolver(log: log)
      } catch {
        log.error("names of servers can't be resolved: \(error)")
        return false
      }
    }
    let (workers, prober, upstreams) = (workers, prober, snapshot.upstreams)
    resolver?.watch(upstreams, answers: snapshot.hostAnswers) {
      for worker in workers { worker.loop.post { worker.assumeIsolated { $0.moveServers() } } }
      prober?.watch(upstreams)
    }
    return true
  }

  /// Starts the refreshing of keys that the snapshot asks for, and tells every worker when keys have changed.
  func tendKeys() {
    let (workers, log, signing) = (workers, log, snapshot.signing)
    let announce: @Sendable () -> Void = {
      let successor = signing?.successor
      let remaining = Countdown(from: workers.count)
      for worker in workers {
        worker.loop.post {
          worker.assumeIsolated { worker in
            do { try worker.renewKeys() } catch { log.error("a worker keeps its old keys: \(error)") }
          }
          // What all can verify may sign.
          if remaining.count(), let successor { signing?.settle(on: successor) }
        }
      }
    }
    keeper?.tend(snapshot.issuerSettings.map(\.source), signing: signing, announce: announce) { source, number in
      for worker in workers {
        worker.loop.post { worker.assumeIsolated { $0.fetchEnded(source, number: number) } }
      }
    }
  }

  /// Lets every worker write its log and close its listeners; a worker that is too busy for it is not waited for.
  private func endWorkers() {
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

  /// Goes on serving for as long as the configuration says, while `/readyz` has load balancers send their requests elsewhere.
  ///
  /// Another TERM or QUIT ends that sooner.
  ///
  /// - Returns: false if INT wants the process to end at once.
  private func leave(_ signals: inout Signals) -> Bool {
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
  private func drain(_ signals: inout Signals) {
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
}

/// Counts workers down; for any thread.
final class Countdown: Sendable {
  private let remaining: Atomic<Int>

  init(from count: Int) { remaining = Atomic(count) }

  /// One less; whether that was the last.
  func count() -> Bool { remaining.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }

  var isZero: Bool { remaining.load(ordering: .acquiring) == 0 }
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
