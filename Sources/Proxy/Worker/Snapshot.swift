package import Configuration
package import Endpoints
import HTTP
package import IssuerKeys
package import Policy
package import Signing
package import TLS
package import Tokens

/// A configuration made ready to serve: immutable, shared by all workers, swapped whole.
///
/// An exchange keeps the one it began with.
package final class Snapshot: Sendable {
  /// The use of a snapshot.
  package enum Purpose: Sendable {
    /// Finding out whether it can be made, and asking it questions: nothing is made that is missing.
    case checking
    /// The same without any look at the network: hosts are not resolved.
    case explaining
    case serving
  }

  package let configuration: GatewayConfiguration
  package let policy: Policy
  /// The listeners in the order of the configuration, the admin listener last.
  package let listeners: [ListenerSettings]
  /// The keys of tickets, which outlive a reload; nil where no listener speaks TLS.
  package var tickets: TicketKeys? { listeners.lazy.compactMap { $0.tls?.tickets }.first }
  /// The issuers whose tokens are accepted, in the order of the configuration, without the accounts.
  package let issuerSettings: [IssuerSettings]
  /// The warnings: the configuration works in spite of them.
  package let warnings: [Diagnostic]
  /// The users of the gateway's own; nil without, and where the configuration was only checked.
  package let accounts: AccountService?
  private let accountTokens: AccountTokens?
  /// The key pairs that the gateway signs with; nil without.
  package let signing: SigningSource?
  /// In the order of the configuration.
  package let upstreams: [UpstreamSettings]
  /// The resolver's answers for the hosts of upstreams, as far as they came in time.
  package let hostAnswers: [String: HostAnswer]
  let timeouts: Timeouts
  let requestLimits: HeadLimits
  let responseLimits: HeadLimits

  package init(
    configuration: GatewayConfiguration, policy: Policy, listeners: [ListenerSettings], issuers: [IssuerSettings],
    accounts: AccountService?,
    accountTokens: AccountTokens?, signing: SigningSource?, upstreams: [UpstreamSettings],
    hostAnswers: [String: HostAnswer], warnings: [Diagnostic]
  ) {
    self.configuration = configuration
    self.policy = policy
    self.listeners = listeners
    issuerSettings = issuers
    self.warnings = warnings
    self.accounts = accounts
    self.accountTokens = accountTokens
    self.signing = signing
    self.upstreams = upstreams
    self.hostAnswers = hostAnswers
    let limits = configuration.limits
    timeouts = Timeouts(limits)
    requestLimits = HeadLimits(
      headBytes: limits.head, targetBytes: limits.target, fieldCount: limits.fields, guardedNames: policy.guardedNames)
    responseLimits = HeadLimits(
      headBytes: limits.responseHead, targetBytes: 0, fieldCount: HeadLimits.response.fieldCount)
  }

  /// The issuers whose tokens are accepted, with the keys that are known now: those of the configuration, then the accounts.
  package var issuers: [TrustedIssuer] { issuerSettings.map(\.trusted) + (accountTokens.map { [$0.issuer] } ?? []) }

  /// The documents about the gateway's keys, as they are now.
  var documents: KeyDocuments {
    KeyDocuments(configuration, keys: signing?.keys, algorithms: accountTokens?.issuer.algorithms ?? [])
  }

  /// Makes a worker's signer of assertions; nil where none are configured.
  func makeAssertions() throws(KeyError) -> AssertionMaker? {
    guard let assertion = configuration.auth.identityAssertion, let signing else { return nil }
    return try AssertionMaker(assertion, of: configuration, key: signing.keys.current)
  }
}
