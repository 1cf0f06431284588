package import Configuration
import Files
import Glibc

/// Opens the key directory that a configuration names.
///
/// Blocks; not for a worker's thread. What fails says so at its place in the file.
package struct SigningSetup {
  private let configuration: GatewayConfiguration
  private let place: KeyDirectoryConfiguration
  private let directory: SigningDirectory

  /// Nil for a configuration without one.
  package init?(_ configuration: GatewayConfiguration) {
    guard let place = configuration.keyDirectory, let directory = SigningDirectory(configuration) else { return nil }
    self.configuration = configuration
    self.place = place
    self.directory = directory
  }

  /// Its keys; the first ones are made if there are none.
  ///
  /// - Parameter previous: what is served until now; if it is the same directory, it goes on.
  package func open(after previous: SigningSource? = nil) throws(ConfigurationErrors) -> SigningSource {
    let keys = try locating { () throws(FileError) in try directory.open(now: time(nil)) }
    guard let previous, previous.directory == directory else { return SigningSource(directory, keys) }
    // They sign once they are in force.
    previous.adopt(keys)
    return previous
  }

  /// The same with keys that are there; nil if there are none, and would be made.
  package func read() throws(ConfigurationErrors) -> SigningSource? {
    let keys = try locating { () throws(FileError) in try directory.read(now: time(nil)) }
    return keys.map { SigningSource(directory, $0) }
  }

  private func locating<Value>(_ body: () throws(FileError) -> Value) throws(ConfigurationErrors) -> Value {
    do throws(FileError) {
      return try body()
    } catch {
      throw ConfigurationErrors(diagnostics: [configuration.error(at: place.path.location, "\(error)")])
    }
  }
}
