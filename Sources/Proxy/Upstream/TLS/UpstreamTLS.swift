package import Configuration
import Synchronization
package import TLS

/// The TLS that the servers of an upstream speak, as its files say by now.
///
/// Shared by the workers; for any thread.
package final class UpstreamTLS: Sendable {
  package let configuration: UpstreamTLSConfiguration
  private let state: Mutex<Material>

  /// The rules for sessions, and what they were made of.
  package struct Material: Sendable {
    let context: ClientContext
    let trust: TrustStore?
    let certificate: CertificatePair?

    package init(_ settings: ClientTLSSettings) throws(TLSFileFault) {
      context = try ClientContext(settings)
      trust = settings.trust
      certificate = settings.certificate
    }

    /// True if the files have said the same.
    func isSame(as other: Material) -> Bool {
      let hasSameTrust =
        switch (trust, other.trust) {
        case (nil, nil): true
        case (let trust?, let other?): trust.isSame(as: other)
        case (nil, _?), (_?, nil): false
        }
      let hasSameCertificate =
        switch (certificate, other.certificate) {
        case (nil, nil): true
        case (let certificate?, let other?): certificate.isSame(as: other)
        case (nil, _?), (_?, nil): false
        }
      return hasSameTrust && hasSameCertificate
    }
  }

  package init(_ configuration: UpstreamTLSConfiguration, _ material: Material) {
    self.configuration = configuration
    state = Mutex(material)
  }

  /// The rules for connections that are made now; kept ones of other rules are not used again.
  package var context: ClientContext { state.withLock { $0.context } }

  /// The certificate that is shown to servers.
  package var certificate: CertificatePair? { state.withLock { $0.certificate } }

  /// Goes by what the files say now.
  ///
  /// - Returns: false if they say what they said before; nothing changes then.
  package func replace(with material: Material) -> Bool {
    state.withLock { state in
      guard !state.isSame(as: material) else { return false }
      state = material
      return true
    }
  }

  /// True if the other one, made of another configuration, has equal settings.
  func isEquivalent(to other: UpstreamTLS) -> Bool {
    guard configuration.serverName?.value == other.configuration.serverName?.value,
      configuration.verifies == other.configuration.verifies,
      configuration.minimumVersion == other.configuration.minimumVersion
    else { return false }
    let material = other.state.withLock { $0 }
    return state.withLock { $0.isSame(as: material) }
  }
}
