package import Accounts
package import Configuration
import Cryptography
import JSON
import Tokens

/// Opens what `accounts` names: the database and the secret.
///
/// Blocks; not for a worker's thread. Everything that fails says so at its place in the file.
package struct AccountsSetup {
  private let accounts: AccountsConfiguration
  private let configuration: GatewayConfiguration

  /// Nil for a configuration without accounts.
  package init?(_ configuration: GatewayConfiguration) {
    guard let accounts = configuration.accounts else { return nil }
    self.accounts = accounts
    self.configuration = configuration
  }

  /// The database, which is made if it is missing.
  package func openStore() throws(SnapshotErrors) -> AccountStore {
    try locating(accounts.store.location) { () throws(AccountsError) in
      try AccountStore(path: accounts.store.value, hasher: PasswordHasher())
    }
  }

  /// Finds out whether ``openStore()`` would work; makes nothing.
  func checkStore() throws(SnapshotErrors) {
    try locating(accounts.store.location) { () throws(AccountsError) in
      try AccountStore.check(path: accounts.store.value)
    }
  }

  /// What makes tokens, with the secret in its file, which is made if it is missing.
  package func openTokens() throws(SnapshotErrors) -> AccountTokens {
    let file = accounts.signing.secretFile
    let hash = algorithm.hmacHash ?? .sha256
    let contents = try locating(file.location) { () throws(AccountsError) in
      try SecretFile.readOrMake(path: file.value, for: hash)
    }
    return try tokens(contents)
  }

  /// The same with a file that is there; nil if it isn't, and would be made.
  func readTokens() throws(SnapshotErrors) -> AccountTokens? {
    let file = accounts.signing.secretFile
    let contents = try locating(file.location) { () throws(AccountsError) in try SecretFile.read(path: file.value) }
    guard let contents else { return nil }
    return try tokens(contents)
  }

  /// What a new password has to be.
  package var passwordPolicy: Accounts.PasswordPolicy {
    Accounts.PasswordPolicy(minimum: accounts.password.minLength, maximum: accounts.password.maxLength)
  }

  /// The roles of whoever registers.
  package func defaultRoles() throws(SnapshotErrors) -> [RoleName] {
    var roles: [RoleName] = []
    for text in accounts.defaultRoles {
      do throws(PolicyViolation) {
        roles.append(try RoleName(text))
      } catch {
        throw failure(at: accounts.location, "'\(text)' in 'default_roles' is no role: \(error)")
      }
    }
    return roles
  }

  private var algorithm: SignatureAlgorithm {
    SignatureAlgorithm(name: accounts.signing.algorithm.rawValue) ?? .hs256
  }

  private func tokens(_ contents: [UInt8]) throws(SnapshotErrors) -> AccountTokens {
    do throws(KeyError) {
      return try AccountTokens(accounts, secret: contents.span, leeway: configuration.auth.leeway.seconds)
    } catch {
      let file = accounts.signing.secretFile
      throw failure(at: file.location, "'\(file.value)': \(error.message)")
    }
  }

  private func locating<Value>(
    _ place: SourceLocation, _ body: () throws(AccountsError) -> Value
  ) throws(SnapshotErrors) -> Value {
    do throws(AccountsError) {
      return try body()
    } catch {
      throw failure(at: place, "\(error)")
    }
  }

  /// An error at a place of the configuration.
  func failure(at place: SourceLocation, _ message: String) -> SnapshotErrors {
    SnapshotErrors(diagnostics: [configuration.error(at: place, message)])
  }
}
