import Configuration
import Glibc
import Transport

/// The orders that a running gateway takes (`-s`).
enum GatewaySignal: String, CaseIterable {
  case reload
  case reopen
  case quit
  case stop

  var number: Int32 {
    switch self {
    case .reload: SIGHUP
    case .reopen: SIGUSR1
    case .quit: SIGQUIT
    case .stop: SIGINT
    }
  }

  /// True if `-s` waits for the outcome.
  var hasOutcome: Bool {
    switch self {
    case .reload, .reopen: true
    case .quit, .stop: false
    }
  }
}

extension Commands {
  /// Tells the gateway whose id stands in the configuration's `pid_file`.
  ///
  /// The rest of the file may be wrong: whether it can be used is for the gateway to say.
  static func signal(_ signal: GatewaySignal, _ file: ConfigurationFile) -> Int32 {
    let named: String?
    do throws(ConfigurationFile.Unusable) {
      named = try file.pidFile()
    } catch {
      return fail("nothing was sent: the gateway is found through the 'pid_file' of its configuration")
    }
    guard let pidFile = named else {
      return fail(
        """
        \(file.name) has no 'pid_file', so nobody knows which process to signal: add "pid_file": "portcullis.pid" at its \
        top level and restart the gateway
        """)
    }
    let holder: PIDFile.Holder
    do throws(SystemError) {
      holder = try PIDFile.holder(of: pidFile)
    } catch {
      return fail("'\(pidFile)' can't be read: \(error)")
    }
    switch holder {
    case .nobody: return fail("'\(pidFile)' is not there: no gateway runs with this configuration")
    case .malformed: return fail("'\(pidFile)' holds no process id")
    case .gone(let process):
      return fail("'\(pidFile)' names process \(process), which is gone: the gateway is not running")
    case .stranger(let process, let name):
      return fail("'\(pidFile)' names process \(process), which is '\(name)' and no gateway: nothing was sent")
    case .running(let process):
      guard kill(process, 0) == 0 else {
        let user = errno == EPERM ? "; be the user that it runs as, or root" : ""
        return fail("process \(process) can't be signalled: \(SystemError(code: errno))\(user)")
      }
      if signal.hasOutcome { return order(signal, of: process, beside: pidFile) }
      return send(signal, to: process)
    }
  }

  private static func send(_ signal: GatewaySignal, to process: Int32) -> Int32 {
    guard kill(process, signal.number) == 0 else {
      return fail("process \(process) can't be signalled: \(SystemError(code: errno))")
    }
    return ExitCode.fine
  }

  /// Gives the order, waits for what comes of it and prints that.
  private static func order(_ signal: GatewaySignal, of process: Int32, beside pidFile: String) -> Int32 {
    do throws(ControlCall.Failure) {
      let answer = try ControlCall.give(signal.rawValue, to: process, beside: pidFile, within: outcomeLimit)
      for line in answer.details { Terminal.error(line) }
      return answer.isFine ? print("portcullis: \(answer.summary)") : fail(answer.summary)
    } catch {
      switch error {
      case .noSocket:
        // It has the order all the same.
        let code = send(signal, to: process)
        guard code == ExitCode.fine else { return code }
        return fail(
          "process \(process) was told to \(signal), but the outcome is unknown, because '\(pidFile).sock' is not there: see its log"
        )
      case .failed(let error): return fail("'\(pidFile).sock' can't be used: \(error): nothing was sent")
      case .stranger(let other):
        return fail(
          "'\(pidFile).sock' belongs to process \(other), and '\(pidFile)' names process \(process): nothing was sent")
      case .ended: return fail("process \(process) ended before it reported the outcome: see its log")
      case .timedOut:
        return fail(
          "process \(process) was told to \(signal) and has not reported the outcome for \(outcomeLimit.components.seconds) s: see its log"
        )
      }
    }
  }

  /// Names that take long to resolve are the slowest part of a reload.
  private static let outcomeLimit: Duration = .seconds(60)

  /// Says what went wrong; the exit code.
  static func fail(_ message: String, _ code: Int32 = ExitCode.failure) -> Int32 {
    Terminal.error("portcullis: \(message)")
    return code
  }
}
