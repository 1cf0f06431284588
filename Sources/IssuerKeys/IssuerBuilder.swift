package import Configuration
import TLS
import Tokens
import Transport

/// Makes the issuers of a configuration ready to serve: reads the files that they name.
///
/// Blocks; not for a worker's thread.
package struct IssuerBuilder {
  private let configuration: GatewayConfiguration
  private let previous: [KeySource]

  /// - Parameter previous: what is served until now; sources of which nothing has changed are taken over as they are.
  package init(_ configuration: GatewayConfiguration, after previous: [KeySource]) {
    self.configuration = configuration
    self.previous = previous
  }

  /// The issuer; nil if what it names can't be used, which has been said then.
  package func issuer(
    _ issuer: IssuerConfiguration, _ errors: inout [Diagnostic], warnings: inout [Diagnostic]
  ) -> IssuerSettings? {
    if let problem = problem(ofAuthorities: issuer) { errors.append(problem) }
    let settings = KeySource.Settings(
      issuer: issuer.name.value, origin: issuer.keys.value, authorities: issuer.authorities?.value,
      algorithms: issuer.algorithms,
      cooldown: configuration.auth.keySetCooldown.wholeNanoseconds, proxies: configuration.auth.proxies)
    let source: KeySource
    switch settings.origin {
    case .secretFile(let path), .publicKeyFile(let path), .keySetFile(let path):
      do throws(KeyProblem) {
        let reading: KeyReading
        (source, reading) = try self.source(settings, from: path)
        for reason in reading.unusable {
          warnings.append(configuration.warning(at: issuer.keys.location, "'\(path)': not used: \(reason)"))
        }
      } catch {
        errors.append(configuration.error(at: issuer.keys.location, "'\(path)': \(error.text)"))
        return nil
      }
    case .keySetURL, .discovery: source = self.source(settings)
    }
    return IssuerSettings(issuer, source: source)
  }

  /// A source with the keys of a file as it is now.
  private func source(_ settings: KeySource.Settings, from path: String) throws(KeyProblem) -> (KeySource, KeyReading) {
    let document = try KeyFileReader.read(path)
    let reading = try KeyReading(document, settings)
    guard !reading.keys.keys.isEmpty else {
      throw KeyProblem(text: reading.emptiness(for: settings.algorithms))
    }
    if let same = previous.first(where: { $0.settings == settings }), same.keys?.hasSameKeys(as: reading.keys) == true {
      return (same, reading)
    }
    let source = KeySource(settings)
    _ = try source.adopt(document)
    return (source, reading)
  }

  /// A source whose keys are fetched.
  ///
  /// If only the conditions have changed, the keys fetched last serve until they are fetched anew.
  private func source(_ settings: KeySource.Settings) -> KeySource {
    if let same = previous.first(where: { $0.settings == settings }) { return same }
    let source = KeySource(settings)
    if let alike = previous.first(where: {
      $0.settings.origin == settings.origin && $0.settings.issuer == settings.issuer
    }),
      alike.keys != nil
    {
      do throws(KeyProblem) {
        _ = try source.adopt(alike.document)
      } catch {
        // What can't be read under the new conditions is fetched like any other.
      }
    }
    return source
  }

  private func problem(ofAuthorities issuer: IssuerConfiguration) -> Diagnostic? {
    guard let file = issuer.authorities else { return nil }
    do throws(TLSFileFault) {
      _ = try TrustStore.file(file.value)
      return nil
    } catch {
      return configuration.error(at: file.location, "'\(file.value)': \(error.text)")
    }
  }
}
