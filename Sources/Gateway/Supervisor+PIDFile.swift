import Configuration
import Glibc
import Transport

/// The file with the process id, and the socket beside it.
extension Supervisor {
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

  /// Writes the process id where another configuration wants it, and removes it where it was.
  ///
  /// - Throws: what ``takePIDFile(of:)`` throws; nothing has changed then.
  mutating func movePIDFile(to configuration: GatewayConfiguration) throws(ConfigurationErrors) {
    guard configuration.pidFile?.value != pidFile else { return }
    try takePIDFile(of: configuration)
    control?.close()
    control = orders.open(beside: configuration.pidFile?.value, log: log)
    if let pidFile { PIDFile.remove(path: pidFile) }
    pidFile = configuration.pidFile?.value
  }
}
