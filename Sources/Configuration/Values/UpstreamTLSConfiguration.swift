package import JSON

/// `tls` of an upstream: all its servers are spoken to over TLS.
package struct UpstreamTLSConfiguration: Sendable {
  /// The place of the value in the file.
  package var location: SourceLocation
  /// The host or IP address that a server's certificate must name; nil for the host of the server's own address.
  ///
  /// A host is in lower case, and asked for by name (SNI). Set for an upstream with a Unix socket.
  package var serverName: Located<String>?
  /// A PEM file of the authorities that may vouch for the servers, in place of those that the system trusts.
  package var authorities: Located<String>?
  /// The certificate that the gateway shows to servers that ask for one; none unless configured.
  package var certificate: CertificateFiles?
  /// True if a server's certificate must be good; default true.
  package var verifies = true
  /// Default 1.2.
  package var minimumVersion = TLSVersion.tls12

  package init(location: SourceLocation) { self.location = location }
}

/// The version of HTTP that an upstream is spoken to in (`protocol`).
package enum UpstreamProtocol: String, CaseIterable, Sendable {
  case http1
}
