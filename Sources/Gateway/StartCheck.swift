package import Configuration
import Glibc
import Transport

/// Finds what would keep the gateway from starting though its configuration is fine.
///
/// It looks at folders of logs and of the pid file, addresses, and files that the first start makes, and makes and changes nothing.
/// Blocks. What a running gateway holds is a note: it is most likely the one that this configuration is for.
package struct StartCheck {
  private let configuration: GatewayConfiguration

  package init(_ configuration: GatewayConfiguration) { self.configuration = configuration }

  /// Every error and note, in no order.
  package func run() -> [Diagnostic] { logs() + pidFile() + addresses() + madeFiles() }

  private func logs() -> [Diagnostic] {
    [configuration.log.error, configuration.log.access, configuration.accounts?.audit ?? .off].compactMap {
      destination in
      guard case .file(let path) = destination, let error = WritableFile.problem(log: path.value) else { return nil }
      return configuration.error(at: path.location, LogSinks.problem(path.value, error))
    }
  }

  private func pidFile() -> [Diagnostic] {
    guard let file = configuration.pidFile else { return [] }
    do throws(SystemError) {
      guard PIDFile.isReplaceable(file.value) else { throw SystemError(code: EEXIST) }
      if case .running(let process) = try PIDFile.holder(of: file.value), process != getpid() {
        return [
          configuration.note(
            at: file.location, "'\(file.value)' belongs to the gateway that is running as process \(process)")
        ]
      }
      guard let error = WritableFile.problem(folder: WritableFile.folder(of: file.value)) else { return [] }
      throw error
    } catch {
      return [configuration.error(at: file.location, Supervisor.problem(pidFile: file.value, error))]
    }
  }

  private func addresses() -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    for (place, address) in SnapshotBuilder.resolveListeners(configuration, &diagnostics) {
      guard let address else { continue }
      do throws(SystemError) {
        try AddressProbe.check(address)
      } catch {
        if error.code == EADDRINUSE, case .gateway(let process) = AddressProbe.holder(of: address) {
          diagnostics.append(
            configuration.note(
              at: place.location, "\(place.value) is held by the gateway that is running as process \(process)"))
        } else {
          diagnostics.append(configuration.error(at: place.location, Listeners.problem(place.value, error)))
        }
      }
    }
    return diagnostics
  }

  /// The secret and the keys that the first start makes where they are missing.
  private func madeFiles() -> [Diagnostic] {
    var places: [(named: Located<String>, file: String)] = []
    if case .secretFile(let file, _)? = configuration.accounts?.signing { places.append((file, file.value)) }
    if let directory = configuration.keyDirectory?.path { places.append((directory, directory.value + "/index")) }
    return places.compactMap { named, file in
      guard WritableFile.isMissing(file) else { return nil }
      // The folder is made too, if just that one is missing.
      var folder = WritableFile.folder(of: file)
      if WritableFile.isMissing(folder) { folder = WritableFile.folder(of: folder) }
      guard let error = WritableFile.problem(folder: folder) else { return nil }
      return configuration.error(at: named.location, "'\(named.value)' can't be made in '\(folder)': \(error)")
    }
  }
}
