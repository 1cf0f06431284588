import Configuration
import Tokens

/// What is configured for an issuer, made ready to serve: whose tokens are taken under which conditions, and where the keys come from.
struct IssuerSettings: Sendable {
  let source: KeySource
  private let configuration: IssuerConfiguration

  init(_ configuration: IssuerConfiguration, source: KeySource) {
    self.configuration = configuration
    self.source = source
  }

  /// The issuer with the keys that it has by now.
  var trusted: TrustedIssuer {
    TrustedIssuer(
      name: configuration.name.value, audience: configuration.audience.rule, algorithms: source.settings.algorithms,
      leeway: configuration.leeway.seconds, maximumLifetime: configuration.maxTTL?.seconds,
      requiresExpiry: configuration.requiresExpiry, claims: configuration.claims.names, keys: source.keys)
  }
}

extension ClaimNamesConfiguration {
  var names: ClaimNames {
    ClaimNames(subject: ClaimPath(subject), roles: ClaimPath(roles), scope: ClaimPath(scope))
  }
}

extension Configuration.AudienceRule {
  var rule: Tokens.AudienceRule {
    switch self {
    case .any: .any
    case .oneOf(let names): .oneOf(names)
    }
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
