package import Configuration
import Synchronization

/// Slows down those who guess passwords, by account and network; for any thread.
///
/// Nobody can lock an account for others: the delays hold for the network that the failures came from. Names that no account has are
/// counted as if they had one. Counting happens when a login is admitted, not when it has failed: parallel guesses share the budget.
package final class LoginThrottle: Sendable {
  private let table: Mutex<ThrottleTable?>

  /// - Parameter policy: nil for no throttling.
  package init(policy: ThrottlePolicy?) { table = Mutex(policy.map { ThrottleTable(policy: $0) }) }

  /// Throttles by another policy from now on; what was counted is kept if the policy is the same, and forgotten otherwise.
  package func adopt(_ policy: ThrottlePolicy?) {
    table.withLock { table in
      if table?.policy != policy { table = policy.map { ThrottleTable(policy: $0) } }
    }
  }

  /// Takes over the failures that the database has kept.
  ///
  /// - Parameters:
  ///   - now: nanoseconds of the monotonic clock of all calls.
  ///   - unixTime: the same moment, in seconds since 1970.
  /// - Throws: ``AccountsError``.
  package func restore(from store: AccountStore, now: Int64, unixTime: Double) throws(AccountsError) {
    let records = try store.withDatabase { database throws(AccountsError) in
      try database.failures(at: UnixMilliseconds.from(seconds: unixTime))
    }
    let offset = now - UnixMilliseconds.from(seconds: unixTime) * 1_000_000
    table.withLock { $0?.restore(records) { $0 * 1_000_000 + offset } }
  }

  /// Writes what was counted since the last call into the database, with events.
  ///
  /// - Throws: ``AccountsError``; the failures are then told of when they change again.
  package func save(
    to store: AccountStore, events: [StampedEvent], now: Int64, unixTime: Double
  ) throws(AccountsError) {
    let offset = now - UnixMilliseconds.from(seconds: unixTime) * 1_000_000
    let records = table.withLock { $0?.takeChanges { ($0 - offset) / 1_000_000 } } ?? []
    guard !records.isEmpty || !events.isEmpty else { return }
    try store.withDatabase { database throws(AccountsError) in
      try database.keep(records, events: events, at: UnixMilliseconds.from(seconds: unixTime))
    }
  }

  /// Admits a login, before its password is looked at.
  ///
  /// - Parameters:
  ///   - name: as the client sent it.
  ///   - now: nanoseconds of a monotonic clock, the same in all calls.
  package func admit(_ name: String, from network: ClientNetwork, now: Int64) -> LoginAdmission {
    // All that can't be a name share a record: there is no account behind any of them.
    let key = (try? AccountName(name))?.key ?? ""
    let delay = table.withLock { table -> (seconds: Int, isFirst: Bool)? in
      guard let seconds = table?.admit(key, from: network, now: now) else { return nil }
      return (seconds, table?.noteRefusal(of: key, from: network) ?? false)
    }
    if let delay { return .delayed(seconds: delay.seconds, isFirst: delay.isFirst) }
    return .admitted(LoginAttempt(throttle: self, name: key, network: network, start: now))
  }

  func settle(_ name: String, _ network: ClientNetwork, _ outcome: ThrottleTable.Outcome, now: Int64) {
    table.withLock { $0?.settle(name, from: network, outcome, now: now) }
  }
}

/// The answer to the question whether a login may be tried now.
package enum LoginAdmission: ~Copyable, Sendable {
  case admitted(LoginAttempt)
  /// Not for that many seconds, at least 1: what `Retry-After` says; `isFirst` for the first refusal of a delay.
  case delayed(seconds: Int, isFirst: Bool)
}

/// A login that was admitted.
///
/// It ends with one of its three methods; one that is dropped without counts as failed.
package struct LoginAttempt: ~Copyable, Sendable {
  private let throttle: LoginThrottle
  private let name: String
  private let network: ClientNetwork
  private var outcome = ThrottleTable.Outcome.failure
  private var end: Int64

  fileprivate init(throttle: LoginThrottle, name: String, network: ClientNetwork, start: Int64) {
    self.throttle = throttle
    self.name = name
    self.network = network
    end = start
  }

  deinit { throttle.settle(name, network, outcome, now: end) }

  /// The password was right: the account's failures from this network are forgotten.
  package consuming func succeed(now: Int64) { settle(.success, now: now) }

  /// Name or password were wrong.
  package consuming func fail(now: Int64) { settle(.failure, now: now) }

  /// The password was not judged, because the pool was full or the store failed.
  package consuming func abandon(now: Int64) { settle(.abandoned, now: now) }

  private consuming func settle(_ outcome: ThrottleTable.Outcome, now: Int64) {
    self.outcome = outcome
    end = max(end, now)
  }
}
