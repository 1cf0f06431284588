import Configuration
package import Tokens
import Transport

/// The settings of an issuer, ready to serve: the conditions for its tokens, and the source of its keys.
package struct IssuerSettings: Sendable {
  package let source: KeySource
  private let configuration: IssuerConfiguration

  init(_ configuration: IssuerConfiguration, source: KeySource) {
    self.configuration = configuration
    self.source = source
  }

  /// The issuer with the keys that it has now.
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
