/// The settings of TLS towards servers.
package struct ClientTLSSettings: Sendable {
  /// The authorities that may vouch for servers; nil if anybody is taken for the server.
  package var trust: TrustStore?
  /// The certificate that is shown to servers that ask for one.
  package var certificate: CertificatePair?
  /// False if only TLS 1.3 is spoken.
  package var takesTLS12 = true
  /// The application protocol that is spoken (RFC 7301); nil if nothing is said of it.
  package var applicationProtocol: String? = "http/1.1"

  package init(trust: TrustStore?) { self.trust = trust }
}
