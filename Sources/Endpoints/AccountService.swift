import Accounts
package import Configuration
package import Signing
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
  let throttle: LoginThrottle
  let pool: BlockingPool<HashingQueue>
  let troubles: StoreTroubles
  private let throttlePolicy: ThrottlePolicy?

  /// The number of passwords that are hashed at a time.
  private static let threads = 2
  /// The number of requests that may wait for their turn.
  ///
  /// A hash takes a processor of today a tenth of a second to a fifth. So what is in the queue is done in three to seven seconds:
  /// the request in the last place has its answer before people give up and programs time out. More places would only hold requests that
  /// no client waits for any more; with fewer, a burst of honest logins, as after a restart of an application, would be refused.
  private static let queueLimit = 64

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
  /// - Throws: what can't be opened, each with its place.
  package init(
    _ setup: AccountsSetup, _ accounts: AccountsConfiguration, signing source: SigningSource?,
    after previous: AccountService?
  ) throws(ConfigurationErrors) {
    if let previous, previous.store.path == accounts.store.value {
      store = previous.store
      troubles = previous.troubles
    } else {
      store = try setup.openStore(busyTimeout: Self.busyTimeout)
      troubles = StoreTroubles()
    }
    tokens = try setup.openTokens(signing: source)
    registration = accounts.registration
    passwordPolicy = setup.passwordPolicy
    defaultRoles = try setup.defaultRoles()
    throttlePolicy = accounts.throttle
    if let previous, previous.throttlePolicy == accounts.throttle {
      throttle = previous.throttle
    } else {
      throttle = LoginThrottle(policy: accounts.throttle)
    }
    if let previous {
      pool = previous.pool
      return
    }
    do throws(SystemError) {
      pool = try BlockingPool(
        name: "accounts", threads: Self.threads, queueLimit: Self.queueLimit, order: HashingQueue())
    } catch {
      throw setup.failure(at: accounts.location, "the threads for accounts can't be started: \(error)")
    }
  }

  /// Ends the threads once they have done what they are at.
  ///
  /// Blocks.
  package func shutDown() { pool.shutDown() }
}
