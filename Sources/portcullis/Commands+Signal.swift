import Configuration
import Glibc
import Transport

/// What a running gateway can be told (`-s`).
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
}

extension Commands {
  /// Signals the gateway whose id stands in the configuration's `pid_file`.
  static func signal(_ signal: GatewaySignal, _ file: ConfigurationFile) -> Int32 {
    guard let configuration = file.configuration() else { return ExitCode.failure }
    guard let pidFile = configuration.pidFile?.value else {
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
      guard kill(process, signal.number) == 0 else {
        return fail("process \(process) can't be signalled: \(SystemError(code: errno))")
      }
      return ExitCode.fine
    }
  }

  /// Says what went wrong; the exit code.
  static func fail(_ message: String, _ code: Int32 = ExitCode.failure) -> Int32 {
    Terminal.error("portcullis: \(message)")
    return code
  }
}
