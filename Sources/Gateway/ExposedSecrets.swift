import Configuration
import IssuerKeys
import JSON
import Signing

/// Finds the secrets and private keys of a configuration that others than their owner can read.
///
/// Blocks; not for a worker's thread.
enum ExposedSecrets {
  /// A warning for each file, at the place of the configuration that names it.
  ///
  /// - Parameters:
  ///   - issuers: those of the configuration, in its order.
  ///   - signing: the key pairs that the gateway signs with.
  static func warnings(
    _ configuration: GatewayConfiguration, issuers: [IssuerSettings], signing: SigningSource?
  ) -> [Diagnostic] {
    files(of: configuration, issuers, signing).compactMap { path, place in
      SecretFile.exposure(of: path).map { configuration.warning(at: place, $0) }
    }
  }

  /// Every file that holds a secret or a private key.
  private static func files(
    of configuration: GatewayConfiguration, _ issuers: [IssuerSettings], _ signing: SigningSource?
  ) -> [(path: String, place: SourceLocation)] {
    var files: [(path: String, place: SourceLocation)] = []
    for (written, issuer) in zip(configuration.auth.issuers, issuers) {
      switch issuer.source.settings.origin {
      case .secretFile(let path): files.append((path, written.keys.location))
      case .keySetFile(let path), .publicKeyFile(let path):
        if holdsSecret(issuer.source.document) { files.append((path, written.keys.location)) }
      case .keySetURL, .discovery: break
      }
    }
    if case .secretFile(let file, _)? = configuration.accounts?.signing { files.append((file.value, file.location)) }
    if let directory = configuration.keyDirectory {
      for record in signing?.keys.records ?? [] {
        files.append(("\(directory.path.value)/\(record.identifier).pem", directory.path.location))
      }
    }
    return files
  }

  /// True if a file of keys holds a shared secret or the private part of a key, used or not.
  private static func holdsSecret(_ document: [UInt8]) -> Bool {
    do throws(JSONError) {
      guard let object = try JSONReader.parse(document.span, limits: .file).object else { return false }
      let keys = object["keys"]?.array ?? [.object(object)]
      return keys.contains { $0.object?["k"] != nil || $0.object?["d"] != nil }
    } catch {
      return String(decoding: document, as: UTF8.self).contains("PRIVATE KEY")
    }
  }
}
