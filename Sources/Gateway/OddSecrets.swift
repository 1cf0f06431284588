import Configuration
import Files
import IssuerKeys
import Signing
import Tokens

/// Finds shared secrets that may hold more than their authors saw.
///
/// Blocks; not for a worker's thread.
enum OddSecrets {
  /// A warning for each oddity, at the place of the configuration that names the file.
  ///
  /// - Parameter issuers: those of the configuration, in its order.
  static func warnings(_ configuration: GatewayConfiguration, issuers: [IssuerSettings]) -> [Diagnostic] {
    var warnings: [Diagnostic] = []
    for (written, issuer) in zip(configuration.auth.issuers, issuers) {
      guard case .secretFile(let path) = issuer.source.settings.origin else { continue }
      for oddity in SecretOddity.all(in: issuer.source.document.span) {
        warnings.append(configuration.warning(at: written.keys.location, "'\(path)': \(oddity.message)"))
      }
    }
    guard case .secretFile(let file, _)? = configuration.accounts?.signing else { return warnings }
    do throws(FileError) {
      let contents = try SecretFile.read(path: file.value) ?? []
      for oddity in SecretOddity.all(in: contents.span) {
        warnings.append(configuration.warning(at: file.location, "'\(file.value)': \(oddity.message)"))
      }
    } catch {
      // A file that can't be read is an error, which has been said.
    }
    return warnings
  }
}
