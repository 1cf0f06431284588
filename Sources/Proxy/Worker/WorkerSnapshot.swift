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
  /// Nil where none are configured.
  let assertions: AssertionMaker?

  /// - Parameter previous: what was served until now; groups of which nothing has changed go on with their connections.
  init(_ snapshot: Snapshot, after previous: WorkerSnapshot? = nil, loop: EventLoop) throws {
    shared = snapshot
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
    assertions = previous.assertions
    groups = previous.groups.map { $0.renewed() }
  }
}
