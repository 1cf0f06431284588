package import Configuration

/// The way a listener treats its connections: immutable, shared by all workers.
///
/// A reload makes new ones. A connection uses the settings that its listener has when a request begins.
package final class ListenerSettings: Sendable {
  /// The listener's entry of the configuration; for the admin listener one that has only an address.
  package let configuration: ListenerConfiguration

  package init(_ configuration: ListenerConfiguration) { self.configuration = configuration }
}

extension ListenerSettings {
  /// The settings of all listeners, in the order in which ``Snapshot/listeners`` has them: that of the file, the admin listener last.
  package static func all(of configuration: GatewayConfiguration) -> [ListenerSettings] {
    configuration.listeners.map(ListenerSettings.init)
      + (configuration.admin.map { [ListenerSettings(ListenerConfiguration(address: $0.address))] } ?? [])
  }
}
