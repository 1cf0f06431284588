import Endpoints
import Policy
import Transport

/// A snapshot as one worker serves by it, with the worker's own pools, caches and signers.
final class WorkerSnapshot {
  /// The configuration, which all workers share.
  let shared: Snapshot
  let authenticator: Authenticator
  let groups: [UpstreamGroup]
  let documents: KeyDocuments
  /// The settings of listeners, also of those that have closed: connections that came there may live on.
  let listeners: [ListenerTag: ListenerSettings]
  /// Nil where none are configured.
  let assertions: AssertionMaker?

  /// - Parameters:
  ///   - listeners: the settings of the listeners that are open.
  ///   - previous: what was served until now; groups of which nothing has changed go on with their connections.
  init(
    _ snapshot: Snapshot, listeners: [ListenerTag: ListenerSettings], after previous: WorkerSnapshot? = nil,
    loop: EventLoop
  ) throws {
    shared = snapshot
    self.listeners = (previous?.listeners ?? [:]).merging(listeners) { $1 }
    authenticator = try Authenticator(issuers: snapshot.issuers, policy: snapshot.policy)
    documents = snapshot.documents
    assertions = try snapshot.makeAssertions()
    groups = snapshot.upstreams.map { settings in
      previous?.groups.first { $0.settings === settings } ?? UpstreamGroup(settings, loop: loop)
    }
  }

  /// The same with the addresses that servers have by now.
  init(movingServersOf previous: WorkerSnapshot) {
    shared = previous.shared
    authenticator = previous.authenticator
    documents = previous.documents
    listeners = previous.listeners
    assertions = previous.assertions
    groups = previous.groups.map { $0.renewed() }
  }

  /// The rules of a listener as they are now; nil where there are none.
  func rules(of listener: ListenerTag) -> ListenerRules? { listeners[listener]?.rules }
}
