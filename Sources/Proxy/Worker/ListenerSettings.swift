package import Configuration

/// The way a listener treats its connections: immutable, shared by all workers.
///
/// A reload makes new ones. A connection uses the settings that its listener has when a request begins.
package final class ListenerSettings: Sendable {
  /// The listener's entry of the configuration; for the admin listener one that has only an address.
  package let configuration: ListenerConfiguration

  /// Nil for a listener in clear.
  package let tls: ListenerTLS?

  package init(_ configuration: ListenerConfiguration, tls: ListenerTLS? = nil) {
    self.configuration = configuration
    self.tls = tls
  }
}
