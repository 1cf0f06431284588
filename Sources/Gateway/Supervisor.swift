package import Configuration
import Endpoints
import Glibc
import IssuerKeys
import Observability
package import Proxy
package import Transport

/// The process: binds, starts the workers, waits for signals, reads the configuration again, lets the workers finish.
///
///     pid file ──▶ start ──▶ signals ──TERM, QUIT──▶ leave ──▶ drain ──▶ end
///                             │   ▲                    └──────INT────────▲
///                             └───┘ HUP: reload, USR1: reopen the logs
///
/// Each task is a file, `Supervisor+….swift`. Runs on the main thread.
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
  /// Made when the first configuration has a listener with TLS.
  var certificates: CertificateWatcher?
  /// Made when the first configuration has accounts.
  var accountWatch: AccountWatch?
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
    // Threads that hash at the end of the process would use a libcrypto that is being taken down.
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
  func fail(_ errors: ConfigurationErrors) -> Bool {
    for diagnostic in errors.diagnostics {
      StandardError.write(diagnostic.description)
      if sinks.error?.target != .standardError { log.note(diagnostic) }
    }
    return false
  }
}
