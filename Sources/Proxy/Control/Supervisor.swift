import Configuration
import Glibc
import Synchronization
package import Transport

/// The process: binds, starts the workers, waits for signals, lets the workers finish.
///
/// Runs on the main thread.
package struct Supervisor {
  private let snapshot: Snapshot
  private let log: GatewayLog
  private let errorSink: ByteSink?
  private let accessSink: ByteSink?

  /// Opens the logs.
  ///
  /// - Throws: which log can't be opened, with its place in the configuration.
  package init(_ snapshot: Snapshot) throws(SnapshotErrors) {
    self.snapshot = snapshot
    let configuration = snapshot.configuration
    errorSink = try Self.sink(configuration.log.error, configuration)
    accessSink = try Self.sink(configuration.log.access, configuration)
    log = GatewayLog(sink: errorSink, level: configuration.log.level)
  }

  private static func sink(
    _ destination: LogDestination, _ configuration: GatewayConfiguration
  ) throws(SnapshotErrors) -> ByteSink? {
    do throws(SystemError) {
      switch destination {
      case .off: return nil
      case .standardOutput: return try ByteSink(.standardOutput)
      case .standardError: return try ByteSink(.standardError)
      case .file(let path): return try ByteSink(.file(path: path.value))
      }
    } catch {
      guard case .file(let path) = destination else { return nil }
      throw SnapshotErrors(diagnostics: [
        configuration.error(at: path.location, "the log '\(path.value)' can't be opened: \(error)")
      ])
    }
  }

  /// Serves until a signal says otherwise.
  ///
  /// - Parameter signals: blocked before any thread was started.
  /// - Returns: whether it served at all; if not, why was said in the log.
  package func run(_ signals: consuming Signals) -> Bool {
    defer { finishLogs() }
    guard let workers = start() else { return false }
    let pidFile = snapshot.configuration.pidFile
    if let pidFile, let error = PIDFile.write(path: pidFile.value) {
      log.error(
        snapshot.configuration.error(at: pidFile.location, "'\(pidFile.value)' can't be written: \(error)").description)
      return false
    }
    defer { if let pidFile { PIDFile.remove(path: pidFile.value) } }

    while let signal = signals.next() {
      switch signal {
      case SIGINT:
        log.info("stopping at once")
        return true
      case SIGUSR1:
        log.info("reopening logs")
        errorSink?.reopen()
        accessSink?.reopen()
      default:
        drain(workers, &signals)
        return true
      }
    }
    return true
  }

  private func start() -> [Worker]? {
    let configuration = snapshot.configuration
    let count =
      switch configuration.workers {
      case .automatic: Thread.usableProcessors
      case .fixed(let count): count
      }
    guard let sockets = bind(count) else { return nil }
    var workers: [Worker] = []
    for number in 0..<count {
      do {
        let worker = try Worker(snapshot, log: log, accessLog: accessSink)
        let own = sockets[number]
        let log = log
        // Nothing but the worker may hold on to its sockets: they close when it listens no more.
        worker.loop.post {
          worker.assumeIsolated { worker in
            do throws(SystemError) {
              try worker.start(on: own)
            } catch {
              log.error("a worker can't listen: \(error)")
            }
          }
        }
        try Thread.start(name: "worker \(number)") { worker.loop.run() }
        workers.append(worker)
      } catch {
        log.error("a worker can't start: \(error)")
        return nil
      }
    }
    for (index, socket) in sockets[0].enumerated() {
      let asked = configuration.listeners[index].address.value
      log.info("listening on \(socket.address)\(asked.description == socket.address.description ? "" : " (\(asked))")")
    }
    log.info("serving with \(count) \(count == 1 ? "worker" : "workers")")
    return workers
  }

  /// The listening sockets of each worker.
  private func bind(_ count: Int) -> [[ListeningSocket]]? {
    let configuration = snapshot.configuration
    var sockets = [[ListeningSocket]](repeating: [], count: count)
    var diagnostics: [Diagnostic] = []
    for listener in configuration.listeners {
      let place = listener.address
      // A name may stand for several addresses: one socket for each would be a surprise, so the first is it.
      guard let address = SnapshotBuilder.resolve(place, configuration, &diagnostics).first else { continue }
      do throws(SystemError) {
        let first = try ListeningSocket(address)
        sockets[0].append(first)
        for number in 1..<max(1, count) {
          // What port 0 has become is the same for all workers; a unix socket there is only once.
          sockets[number].append(address.port == nil ? first : try ListeningSocket(first.address))
        }
      } catch {
        diagnostics.append(configuration.error(at: place.location, "can't listen on \(place.value): \(error)"))
      }
    }
    for diagnostic in diagnostics { log.error(diagnostic.description) }
    return diagnostics.isEmpty ? sockets : nil
  }

  /// Lets exchanges finish, for as long as the configuration says; another signal ends that.
  private func drain(_ workers: [Worker], _ signals: inout Signals) {
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
        log.warning("the time to drain is up: what is still going on is cut off")
        return
      }
      if signal == SIGINT { return }
    }
    log.info("all connections have ended")
  }

  private func finishLogs() {
    accessSink?.finish(within: .seconds(1))
    errorSink?.finish(within: .seconds(1))
  }
}

/// Counts workers down; for any thread.
private final class Countdown: Sendable {
  private let remaining: Atomic<Int>

  init(from count: Int) { remaining = Atomic(count) }

  /// One less; whether that was the last.
  func count() -> Bool { remaining.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }

  var isZero: Bool { remaining.load(ordering: .acquiring) == 0 }
}
