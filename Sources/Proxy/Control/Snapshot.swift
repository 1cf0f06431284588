package import Configuration
import HTTP
package import Policy
package import Tokens

/// A configuration made ready to serve: immutable, shared by all workers, swapped whole.
///
/// An exchange keeps the one it began with.
package final class Snapshot: Sendable {
  package let configuration: GatewayConfiguration
  package let policy: Policy
  /// Whose tokens are accepted, with their keys.
  package let issuers: [TrustedIssuer]
  /// The users of the gateway's own; nil without, and where the configuration was only checked.
  let accounts: AccountService?
  /// In the order of the configuration.
  let upstreams: [UpstreamSettings]
  let timings: Timings
  let requestLimits: HeadLimits
  let responseLimits: HeadLimits

  init(
    configuration: GatewayConfiguration, policy: Policy, issuers: [TrustedIssuer], accounts: AccountService?,
    upstreams: [UpstreamSettings]
  ) {
    self.configuration = configuration
    self.policy = policy
    self.issuers = issuers
    self.accounts = accounts
    self.upstreams = upstreams
    let limits = configuration.limits
    timings = Timings(limits)
    requestLimits = HeadLimits(headBytes: limits.head, targetBytes: limits.target, fieldCount: limits.fields)
    responseLimits = HeadLimits(
      headBytes: limits.responseHead, targetBytes: 0, fieldCount: HeadLimits.response.fieldCount)
  }
}
