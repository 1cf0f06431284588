package import Accounts
package import Configuration
import Cryptography
import Files
import JSON
package import Policy
package import Signing
import Tokens
import Transport

/// Opens what `accounts` names: the database, and the secret or the keys.
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
  ///
  /// - Parameter busyTimeout: how long a statement waits for another process that writes.
  package func openStore(busyTimeout: Duration = .seconds(5)) throws(ConfigurationErrors) -> AccountStore {
    try locating(accounts.store.location) { () throws(AccountsError) in
      try AccountStore(path: accounts.store.value, hasher: PasswordHasher(), busyTimeout: busyTimeout)
    }
  }

  /// Finds out whether ``openStore()`` would work; makes nothing.
  package func checkStore() throws(ConfigurationErrors) {
    try locating(accounts.store.location) { () throws(AccountsError) in
      try AccountStore.check(path: accounts.store.value)
    }
  }

  /// Reads what is revoked by now, of a database that is there.
  func openRevocations(now: Double) throws(ConfigurationErrors) -> RevocationFeed {
    try locating(accounts.store.location) { () throws(AccountsError) in
      try RevocationFeed(path: accounts.store.value, issuer: accounts.issuer?.value, now: now)
    }
  }

  /// The count of failed logins, with those that the database has kept.
  func openThrottle(
    _ policy: ThrottlePolicy?, of store: AccountStore, now: Double
  ) throws(ConfigurationErrors) -> LoginThrottle {
    let throttle = LoginThrottle(policy: policy)
    try locating(accounts.store.location) { () throws(AccountsError) in
      try throttle.restore(from: store, now: MonotonicTime.current().nanoseconds, unixTime: now)
    }
    return throttle
  }

  /// The hashes of stolen passwords; nil where none are configured.
  package func openBreachedPasswords() throws(ConfigurationErrors) -> BreachedPasswords? {
    guard let file = accounts.breachedPasswords else { return nil }
    return try locating(file.location) { () throws(AccountsError) in try BreachedPasswords(path: file.value) }
  }

  /// The revocations by now; none where there is no database yet, of which none is made.
  package func readRevocations(now: Double) throws(ConfigurationErrors) -> Revocations {
    let all = try locating(accounts.store.location) { () throws(AccountsError) in
      try AccountStore.readRevocations(path: accounts.store.value, now: now)
    }
    return Revocations(all.map { Revocations.Entry($0, of: accounts.issuer?.value) })
  }

  /// Opens the maker of tokens, with the secret in its file, which is made if it is missing, or with key pairs.
  ///
  /// - Parameter source: the key pairs of the configuration's directory, opened already.
  func openTokens(signing source: SigningSource?) throws(ConfigurationErrors) -> AccountTokens {
    switch accounts.signing {
    case .secretFile(let file, let algorithm):
      let contents = try locating(file.location) { () throws(FileError) in
        try SecretFile.readOrMake(path: file.value, for: algorithm.hmacHash ?? .sha256)
      }
      return try tokens(contents, file, algorithm)
    case .keyDirectory(let directory):
      guard let source else { throw failure(at: directory.path.location, "its keys were not opened") }
      return tokens(.directory(source))
    }
  }

  /// The same for a command that issues a token beside the gateway.
  package func openTokens() throws(ConfigurationErrors) -> AccountTokens {
    try openTokens(signing: try SigningSetup(configuration)?.open())
  }

  /// The same with what is there; nil if it isn't, and would be made.
  package func readTokens(signing source: SigningSource?) throws(ConfigurationErrors) -> AccountTokens? {
    switch accounts.signing {
    case .secretFile(let file, let algorithm):
      let contents = try locating(file.location) { () throws(FileError) in try SecretFile.read(path: file.value) }
      return try contents.map { contents throws(ConfigurationErrors) in
        try tokens(contents, file, algorithm)
      }
    case .keyDirectory: return source.map { tokens(.directory($0)) }
    }
  }

  /// The lifetime of the tokens of another issuer.
  package struct TokenLifetime {
    /// In seconds, with what clocks may differ by; nil if there is no bound.
    package let bound: Double?
  }

  /// The lifetime of the tokens of an issuer of `auth.issuers`; nil for one that is not among them.
  package func tokenLifetime(ofIssuer name: String) -> TokenLifetime? {
    guard let issuer = configuration.auth.issuers.first(where: { $0.name.value.equalsExactly(name) }) else {
      return nil
    }
    let leeway = issuer.leeway.seconds
    return TokenLifetime(bound: issuer.maxTTL.map { $0.seconds + leeway + 60 })
  }

  /// The rule for new passwords.
  package var passwordPolicy: PasswordPolicy { accounts.password }

  /// The roles of a user who registers.
  package func defaultRoles() throws(ConfigurationErrors) -> [RoleName] {
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

  private func tokens(
    _ contents: [UInt8], _ file: Located<String>, _ algorithm: SignatureAlgorithm
  ) throws(ConfigurationErrors) -> AccountTokens {
    do throws(KeyError) {
      let secret = try SharedSecret(file: contents.span)
      // For verification the key has no `kid`: what another program signs with the same secret may name any, or none.
      let verification = try KeySet([try VerificationKey(secret: secret, algorithms: [algorithm])])
      let key = try SigningKey(algorithm: algorithm, secret: secret, identifier: try secret.identifier())
      return tokens(.secret(key, verification))
    } catch {
      throw failure(at: file.location, "'\(file.value)': \(error.message)")
    }
  }

  private func tokens(_ keys: AccountTokens.Keys) -> AccountTokens {
    AccountTokens(accounts, keys, leeway: configuration.auth.leeway.seconds)
  }

  private func locating<Value, Failure: Error>(
    _ place: SourceLocation, _ body: () throws(Failure) -> Value
  ) throws(ConfigurationErrors) -> Value {
    do throws(Failure) {
      return try body()
    } catch {
      throw failure(at: place, "\(error)")
    }
  }

  /// An error at a place of the configuration.
  func failure(at place: SourceLocation, _ message: String) -> ConfigurationErrors {
    ConfigurationErrors(diagnostics: [configuration.error(at: place, message)])
  }
}
