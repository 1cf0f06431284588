import Configuration
import Glibc
import Transport

/// The logs: errors, exchanges, and what happens to accounts.
struct LogSinks {
  private(set) var error: ByteSink?
  private(set) var access: ByteSink?
  private(set) var audit: ByteSink?

  /// Opens what a configuration asks for; what goes where it went before stays as it is.
  ///
  /// - Throws: which log can't be opened, with its place in the configuration.
  init(_ configuration: GatewayConfiguration, after previous: LogSinks? = nil) throws(ConfigurationErrors) {
    error = try Self.sink(configuration.log.error, configuration, previous?.error)
    access = try Self.sink(configuration.log.access, configuration, previous?.access)
    audit = try Self.sink(configuration.accounts?.audit ?? .off, configuration, previous?.audit, isPrivate: true)
  }

  private static func sink(
    _ destination: LogDestination, _ configuration: GatewayConfiguration, _ previous: ByteSink?,
    isPrivate: Bool = false
  ) throws(ConfigurationErrors) -> ByteSink? {
    guard let target = destination.target else { return nil }
    if let previous, previous.target == target { return previous }
    do throws(SystemError) {
      return try ByteSink(target, isPrivate: isPrivate)
    } catch {
      guard case .file(let path) = destination else { return nil }
      throw ConfigurationErrors(diagnostics: [
        configuration.error(at: path.location, Self.problem(path.value, error))
      ])
    }
  }

  /// The message about a log that can't be opened.
  static func problem(_ path: String, _ error: SystemError) -> String {
    let hint =
      switch error.code {
      case ENOENT: "; its folder must be there"
      case ENXIO: "; it is a socket, or a named pipe that nobody reads and that the gateway may not read either"
      default: ""
      }
    return "the log '\(path)' can't be opened: \(error)\(hint)"
  }

  /// Opens the files anew.
  ///
  /// - Returns: which of them can't be, each with its place in the configuration; those are written on as they were.
  func reopen(_ configuration: GatewayConfiguration) -> [Diagnostic] {
    let log = configuration.log
    let audited = configuration.accounts?.audit ?? .off
    return [(log.error, error), (log.access, access), (audited, audit)].compactMap { destination, sink in
      guard case .file(let path) = destination, let sink else { return nil }
      do throws(SystemError) {
        try sink.reopen()
        return nil
      } catch {
        let problem =
          error.code == ETIMEDOUT ? "is still being written to as it was" : "can't be reopened: \(error)"
        return configuration.error(at: path.location, "the log '\(path.value)' \(problem)")
      }
    }
  }

  /// Writes what waits, for at most that long each, and lets go of those that others don't have.
  func finish(within limit: Duration, except others: LogSinks? = nil) {
    if audit !== others?.audit { audit?.finish(within: limit) }
    if access !== others?.access { access?.finish(within: limit) }
    if error !== others?.error { error?.finish(within: limit) }
  }
}

extension LogDestination {
  /// Nil for nowhere.
  fileprivate var target: ByteSink.Target? {
    switch self {
    case .off: nil
    case .standardOutput: .standardOutput
    case .standardError: .standardError
    case .file(let path): .file(path: path.value)
    }
  }
}
