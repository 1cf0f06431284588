package import Accounts
package import Configuration
package import Signing
import Synchronization
import Transport

/// The accounts as all workers share them: the database, the threads that wait for it and hash passwords, and the count of failed
/// logins.
///
/// Immutable but for what its parts keep behind locks of their own; for any thread.
package final class AccountService: Sendable {
  let store: AccountStore
  package let tokens: AccountTokens
  package let registration: AccountRegistration
  let passwordPolicy: PasswordPolicy
  let defaultRoles: [RoleName]
  let sessionPolicy: SessionPolicy
  /// The revocations, as the database has them.
  package let revocations: RevocationFeed
  let throttle: LoginThrottle
  let pool: BlockingPool<HashingQueue>
  /// The thread for what takes no hash, so that it does not wait for hashes.
  let storePool: BlockingPool<NetworkQueue>
  let troubles: StoreTroubles
  private let changes: ChangeSignal
  private let pending: PendingEvents
  /// The hashes of stolen passwords; nil where none are configured.
  package let breached: BreachedPasswords?
  package let registrationLimit: RegistrationLimit?
  private let throttlePolicy: ThrottlePolicy?

  /// The number of passwords that are hashed at a time.
  private static let threads = 2
  /// The number of requests that may wait for their turn.
  ///
  /// A hash takes a processor of today a tenth of a second to a fifth. So what is in the queue is done in three to seven seconds:
  /// the request in the last place has its answer before people give up and programs time out. More places would only hold requests that
  /// no client waits for any more; with fewer, a burst of honest logins, as after a restart of an application, would be refused.
  private static let queueLimit = 64

  /// The same for what takes no hash: a change of the database takes a disk a few milliseconds.
  private static let storeQueueLimit = 256

  /// The longest wait for another process that writes the database.
  ///
  /// All others wait as long: it is one connection.
  private static let busyTimeout = Duration.seconds(2)

  /// Opens what the configuration names, and makes what is missing.
  ///
  /// - Parameters:
  ///   - source: the key pairs of the configuration's directory, if it has one.
  ///   - previous: what serves until now, whose threads go on, as do its database and its count of failures where the
  ///   configuration has the same for them.
  ///   - now: seconds since 1970.
  /// - Throws: what can't be opened, each with its place.
  package init(
    _ setup: AccountsSetup, _ accounts: AccountsConfiguration, signing source: SigningSource?,
    after previous: AccountService?, now: Double
  ) throws(ConfigurationErrors) {
    if let previous, previous.store.path == accounts.store.value {
      store = previous.store
      (troubles, changes, pending) = (previous.troubles, previous.changes, previous.pending)
    } else {
      store = try setup.openStore(busyTimeout: Self.busyTimeout)
      (troubles, changes, pending) = (StoreTroubles(), ChangeSignal(), PendingEvents())
    }
    let tokens = try setup.openTokens(signing: source)
    self.tokens = tokens
    sessionPolicy = SessionPolicy(accounts, accessLifetime: .seconds(tokens.acceptanceTime))
    let issuer = accounts.issuer?.value
    if let previous, previous.store === store, previous.revocations.isFor(issuer) {
      revocations = previous.revocations
    } else {
      revocations = try setup.openRevocations(now: now)
    }
    registration = accounts.registration
    passwordPolicy = setup.passwordPolicy
    defaultRoles = try setup.defaultRoles()
    throttlePolicy = accounts.throttle
    if let previous, previous.store === store, previous.throttlePolicy == accounts.throttle {
      throttle = previous.throttle
    } else {
      throttle = try setup.openThrottle(accounts.throttle, of: store, now: now)
    }
    breached = try setup.openBreachedPasswords()
    if let limit = previous?.registrationLimit, limit.configuration == accounts.registrationLimit {
      registrationLimit = limit
    } else {
      registrationLimit = accounts.registrationLimit.map(RegistrationLimit.init)
    }
    if let previous {
      (pool, storePool) = (previous.pool, previous.storePool)
      return
    }
    do throws(SystemError) {
      pool = try BlockingPool(
        name: "accounts", threads: Self.threads, queueLimit: Self.queueLimit, order: HashingQueue())
      storePool = try BlockingPool(
        name: "sessions", threads: 1, queueLimit: Self.storeQueueLimit, order: NetworkQueue())
    } catch {
      throw setup.failure(at: accounts.location, "the threads for accounts can't be started: \(error)")
    }
  }

  /// Notes an event that goes with no change of the accounts; the watch writes it down.
  func noteLater(_ event: AccountEvent.Draft, _ stamp: ChangeStamp) {
    pending.add(StampedEvent(event, stamp))
    noteChange()
  }

  /// Writes down the failed logins and events that wait for it.
  func saveFailures(now: Int64, unixTime: Double) throws(AccountsError) {
    let events = pending.take()
    do throws(AccountsError) {
      try throttle.save(to: store, events: events, now: now, unixTime: unixTime)
    } catch {
      pending.putBack(events)
      throw error
    }
  }

  /// The number of the last event that was written to the audit file; of the last that there is, where none was.
  func auditStart() throws(AccountsError) -> Int64 {
    if let mark = try store.mark(Self.auditMark) { return mark }
    let last = try store.lastEvent()
    try store.setMark(Self.auditMark, to: last)
    return last
  }

  /// Notes that the events up to that number were written to the audit file.
  func noteAudited(_ number: Int64) throws(AccountsError) { try store.setMark(Self.auditMark, to: number) }

  /// The next events after that number.
  func events(after number: Int64) throws(AccountsError) -> [AccountEvent] {
    try store.events(after: number, limit: 500)
  }

  private static let auditMark = "audit"

  /// True if the database could not be used the last time.
  package var isStoreInTrouble: Bool { troubles.isAny }

  /// Removes some of what has expired; false once nothing is left to remove.
  func removeExpired(now: Double) throws(AccountsError) -> Bool {
    try store.removeExpired(now: now, grace: sessionPolicy.graceSeconds)
  }

  /// Says that something was changed that others want to know at once: a revocation, an event.
  func noteChange() { changes.raise() }

  /// Calls `body`, in place of any earlier one, on any thread after each change that this process makes.
  func onChange(_ body: @escaping @Sendable () -> Void) { changes.set(body) }

  /// Ends the threads once they have done what they are at.
  ///
  /// Blocks.
  package func shutDown() {
    pool.shutDown()
    storePool.shutDown()
    // Changes that could not be written down are lost.
    do throws(AccountsError) {
      try saveFailures(now: MonotonicTime.current().nanoseconds, unixTime: currentUnixTime())
    } catch {}
  }
}

extension SessionPolicy {
  init(_ accounts: AccountsConfiguration, accessLifetime: Duration) {
    self.init(
      refreshLifetime: accounts.refreshTokenTTL, grace: accounts.refreshGrace,
      maximumLifetime: accounts.sessionMaxTTL, countMax: accounts.maxSessions, accessLifetime: accessLifetime)
  }
}

/// A call that others may put in.
private final class ChangeSignal: Sendable {
  private let body = Mutex<(@Sendable () -> Void)?>(nil)

  func set(_ body: @escaping @Sendable () -> Void) { self.body.withLock { $0 = body } }

  func raise() { body.withLock { $0 }?() }
}

/// Events that wait to be written down; at most ``countMax``, beyond which they are lost.
private final class PendingEvents: Sendable {
  private let events = Mutex<[StampedEvent]>([])
  private static let countMax = 10_000

  func add(_ event: StampedEvent) {
    events.withLock { if $0.count < Self.countMax { $0.append(event) } }
  }

  func take() -> [StampedEvent] {
    events.withLock { events in
      defer { events = [] }
      return events
    }
  }

  func putBack(_ taken: [StampedEvent]) {
    events.withLock { $0 = Array((taken + $0).prefix(Self.countMax)) }
  }
}
