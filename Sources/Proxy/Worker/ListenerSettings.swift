package import Configuration
import Policy

/// The way a listener treats its connections: immutable, shared by all workers.
///
/// A reload makes new ones. A connection uses the settings that its listener has when a request begins.
package final class ListenerSettings: Sendable {
  /// The listener's entry of the configuration; for the admin listener one that has only an address.
  package let configuration: ListenerConfiguration

  /// Nil for a listener in clear.
  package let tls: ListenerTLS?

  /// The listeners that ask their clients for other certificates, or for none.
  private let rivals: [ListenerTLS]
  /// The rules that depend on the configuration alone.
  private let fixedRules: ListenerRules?

  /// - Parameter rivals: the other listeners over TLS that ask their clients for other certificates, or for none.
  package init(_ configuration: ListenerConfiguration, tls: ListenerTLS? = nil, rivals: [ListenerTLS] = []) {
    self.configuration = configuration
    self.tls = tls
    self.rivals = rivals
    fixedRules = ListenerRules(configuration)
  }

  /// The rules for requests as they are now; nil where there are none.
  ///
  /// The names that certificates are for change with their files, so that a connection takes the rules when it begins, and after a
  /// reload.
  var rules: ListenerRules? {
    guard let tls, !rivals.isEmpty else { return fixedRules }
    let misdirection = MisdirectionRule(own: tls.hostNames, others: rivals.map(\.hostNames))
    return ListenerRules(configuration, misdirection: misdirection)
  }
}
