package import JSON

/// `tls` of a listener or of `admin`.
package struct ListenerTLSConfiguration: Sendable {
  /// The place of the value in the file.
  package var location: SourceLocation
  /// In the order of the file, at least one, none twice; the first serves clients that name no host, or none of these.
  package var certificates: [CertificateFiles]
  /// Default 1.2.
  package var minimumVersion = TLSVersion.tls12
  /// The certificates that clients are asked for; none unless configured.
  package var clientCertificates: ClientCertificatesConfiguration?
  /// True if a client that names a host of no certificate is refused; default false.
  package var isStrictSNI = false
  /// True if clients get tickets to resume their sessions with; default true.
  package var hasTickets = true
  /// The time for which browsers shall use TLS alone (`Strict-Transport-Security`), in whole seconds; none unless configured.
  package var hsts: Duration?

  package init(location: SourceLocation, certificates: [CertificateFiles] = []) {
    self.location = location
    self.certificates = certificates
  }
}

/// The files of a certificate and its private key; paths are already resolved against the configuration's folder.
package struct CertificateFiles: Sendable, Equatable {
  /// A PEM file with the chain, leaf first.
  package var certificate: Located<String>
  /// A PEM file with the leaf's private key.
  package var key: Located<String>

  package init(certificate: Located<String>, key: Located<String>) {
    self.certificate = certificate
    self.key = key
  }
}

/// A version of TLS (`min_version`).
package enum TLSVersion: String, CaseIterable, Sendable {
  case tls12 = "1.2"
  case tls13 = "1.3"
}

/// `client_certificates` of a listener.
package struct ClientCertificatesConfiguration: Sendable, Equatable {
  /// A PEM file of the authorities that may vouch for clients.
  package var ca: Located<String>
  /// Default `required`: forgetting the key must not let a client in without a certificate.
  package var mode = Mode.required
  /// A PEM file of revocation lists; none unless configured.
  package var crl: Located<String>?

  package enum Mode: String, CaseIterable, Sendable {
    /// A handshake without a certificate fails.
    case required
    /// A client may have none; one that does not verify fails all the same.
    case optional
  }

  package init(ca: Located<String>) { self.ca = ca }
}
