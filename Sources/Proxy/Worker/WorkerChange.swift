package import Transport

/// The message to a worker about a configuration that was read again.
package struct WorkerChange: Sendable {
  let snapshot: Snapshot
  let accessSink: ByteSink?
  let added: [NewListener]
  let removed: Set<ListenerTag>
  let settings: [ListenerTag: ListenerSettings]

  /// - Parameters:
  ///   - accessSink: where the access log goes; nil for nowhere.
  ///   - added: listeners that the worker is to listen on, beside those that it has.
  ///   - settings: of the listeners that are open from now on.
  package init(
    snapshot: Snapshot, accessSink: ByteSink?, added: [NewListener], removed: Set<ListenerTag>,
    settings: [ListenerTag: ListenerSettings]
  ) {
    self.snapshot = snapshot
    self.accessSink = accessSink
    self.added = added
    self.removed = removed
    self.settings = settings
  }
}
