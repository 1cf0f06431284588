package import Configuration
import Glibc
import JSON
import Signing
import TLS

/// Reads the files of an upstream's TLS, and says what is wrong with them.
///
/// Blocks; not for a worker's thread.
package struct UpstreamTLSReader {
  private let configuration: GatewayConfiguration
  package private(set) var errors: [Diagnostic] = []
  package private(set) var warnings: [Diagnostic] = []

  package init(_ configuration: GatewayConfiguration) { self.configuration = configuration }

  /// Everything that sessions with the servers need; nil if there were errors.
  package mutating func read(_ tls: UpstreamTLSConfiguration) -> UpstreamTLS.Material? {
    let before = errors.count
    var settings = ClientTLSSettings(trust: tls.verifies ? trust(tls) : nil)
    settings.takesTLS12 = tls.minimumVersion == .tls12
    settings.certificate = tls.certificate.flatMap { certificate($0) }
    guard errors.count == before else { return nil }
    do throws(TLSFileFault) {
      return try UpstreamTLS.Material(settings)
    } catch {
      if let files = tls.certificate {
        note(files.certificate, error)
      } else {
        errors.append(configuration.error(at: tls.location, "TLS can't be used: \(error.text)"))
      }
      return nil
    }
  }

  private mutating func trust(_ tls: UpstreamTLSConfiguration) -> TrustStore? {
    do throws(TLSFileFault) {
      guard let file = tls.authorities else { return try TrustStore.system() }
      return try TrustStore.file(file.value)
    } catch {
      if let file = tls.authorities {
        note(file, error)
      } else {
        errors.append(
          configuration.error(at: tls.location, "the authorities of this system can't be used: \(error.text)"))
      }
      return nil
    }
  }

  private mutating func certificate(_ files: CertificateFiles) -> CertificatePair? {
    do throws(CertificatePair.Fault) {
      // Servers say themselves if they take an expired one no more.
      let pair = try CertificatePair(
        certificate: files.certificate.value, key: files.key.value, now: time(nil), takesExpired: true)
      if let fault = pair.fault(at: time(nil)) {
        warnings.append(
          configuration.warning(at: files.certificate.location, Self.text(files.certificate.value, fault)))
      }
      if let exposure = SecretFile.exposure(of: files.key.value) {
        warnings.append(configuration.warning(at: files.key.location, exposure))
      }
      return pair
    } catch {
      note(error.isInKey ? files.key : files.certificate, error.fault)
      return nil
    }
  }

  private mutating func note(_ file: Located<String>, _ fault: TLSFileFault) {
    errors.append(configuration.error(at: file.location, Self.text(file.value, fault)))
  }

  private static func text(_ file: String, _ fault: TLSFileFault) -> String { "'\(file)' can't be used: \(fault.text)" }
}

extension UpstreamTLSConfiguration {
  /// All files that an upstream's TLS is made of.
  package var files: [String] {
    let trust = authorities.map { [$0.value] } ?? TrustStore.systemPaths
    return (verifies ? trust : []) + (certificate.map { [$0.certificate.value, $0.key.value] } ?? [])
  }
}
