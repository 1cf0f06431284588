/// A fact about a client's certificate that `identity_headers` and `require.claims` may name like a claim.
package enum CertificateClaim: String, CaseIterable, Sendable, Hashable {
  /// Its subject as RFC 4514 has it.
  case subject = "tls:subject"
  /// Its alternative names: `DNS:…`, `URI:…`, `email:…` and `IP:…`.
  case names = "tls:san"
  /// Its SHA-256 digest in lower-case hexadecimal.
  case fingerprint = "tls:fingerprint"

  /// True for a name that means a fact about a certificate, and no token's claim, whether or not there is such a fact.
  package static func isNamed(by claim: String) -> Bool { claim.utf8.starts(with: "tls:".utf8) }
}

extension IdentityHeader {
  /// The fact about a certificate that the field tells; nil where it tells a token's claim.
  package var certificateClaim: CertificateClaim? { CertificateClaim(rawValue: claim) }
}

extension ClaimRequirement {
  /// The fact about a certificate that is asked for; nil where a token's claim is.
  package var certificateClaim: CertificateClaim? { CertificateClaim(rawValue: name) }
}
