import Configuration
import Transport

/// Where the two logs go.
struct LogSinks {
  private(set) var error: ByteSink?
  private(set) var access: ByteSink?

  /// Opens what a configuration asks for; what goes where it went before stays as it is.
  ///
  /// - Throws: which log can't be opened, with its place in the configuration.
  init(_ configuration: GatewayConfiguration, after previous: LogSinks? = nil) throws(SnapshotErrors) {
    error = try Self.sink(configuration.log.error, configuration, previous?.error)
    access = try Self.sink(configuration.log.access, configuration, previous?.access)
  }

  private static func sink(
    _ destination: LogDestination, _ configuration: GatewayConfiguration, _ previous: ByteSink?
  ) throws(SnapshotErrors) -> ByteSink? {
    guard let target = destination.target else { return nil }
    if let previous, previous.target == target { return previous }
    do throws(SystemError) {
      return try ByteSink(target)
    } catch {
      guard case .file(let path) = destination else { return nil }
      throw SnapshotErrors(diagnostics: [
        configuration.error(at: path.location, "the log '\(path.value)' can't be opened: \(error)")
      ])
    }
  }

  func reopen() {
    error?.reopen()
    access?.reopen()
  }

  /// Writes what waits, for at most that long each, and lets go of those that others don't have.
  func finish(within limit: Duration, except others: LogSinks? = nil) {
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
