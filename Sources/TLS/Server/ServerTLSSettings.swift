/// The settings of a TLS listener.
package struct ServerTLSSettings: Sendable {
  /// At least one; the first one serves clients that name no host or one that none is for.
  package var pairs: [CertificatePair]
  /// False if only TLS 1.3 is spoken.
  package var takesTLS12 = true
  /// The clients' certificates that are asked for; nil if none are.
  package var clients: ClientAuthorities?
  /// A client that names no host, or one that no certificate is for, is refused.
  package var isStrict = false
  /// The keys of tickets; nil if sessions are not resumed.
  package var tickets: TicketKeys?
  /// The application protocols that are spoken, the best first (RFC 7301).
  package var protocols = ["http/1.1"]
  /// The listener's own name: sessions of one listener are not resumed at another.
  package var listener: String

  package init(pairs: [CertificatePair], listener: String) {
    self.pairs = pairs
    self.listener = listener
  }
}
