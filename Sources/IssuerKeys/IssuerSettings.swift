import Configuration
package import Tokens
import Transport

/// What is configured for an issuer, made ready to serve: whose tokens are taken under which conditions, and where the keys come from.
package struct IssuerSettings: Sendable {
  package let source: KeySource
  private let configuration: IssuerConfiguration

  init(_ configuration: IssuerConfiguration, source: KeySource) {
    self.configuration = configuration
    self.source = source
  }

  /// The issuer with the keys that it has by now.
  package var trusted: TrustedIssuer {
    TrustedIssuer(
      name: configuration.name.value, audience: configuration.audience, algorithms: source.settings.algorithms,
      leeway: configuration.leeway.seconds, maximumLifetime: configuration.maxTTL?.seconds,
      requiresExpiry: configuration.requiresExpiry, requiresBinding: configuration.requiresBinding,
      claims: configuration.claimNames, keys: source.keys)
  }
}

extension IssuerConfiguration {
  fileprivate var claimNames: ClaimNames {
    ClaimNames(
      subject: ClaimPath(claims.subject), roles: ClaimPath(claims.roles), scope: ClaimPath(claims.scope),
      takesNumericSubject: takesNumericSubject)
  }
}
