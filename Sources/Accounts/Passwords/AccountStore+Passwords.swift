package import Configuration
import Cryptography

// What takes a tenth of a second, because a password is hashed.
extension AccountStore {
  /// Makes an account, unless the name is taken in any case; then nothing is changed, and no password hashed.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Throws: ``AccountsError``.
  package func register(
    _ name: AccountName, password: NewPassword, roles: [RoleName], now: Double
  ) throws(AccountsError) -> Registration {
    guard try find(name) == nil else { return .exists }
    let hash = try hasher.hash(password.password).text
    let created = Int64(exactly: now.rounded(.down)) ?? 0
    let account = try withDatabase { database throws(AccountsError) in
      try database.insert(name, password: hash, roles: roles, created: created)
    }
    return account.map { .registered($0) } ?? .exists
  }

  /// Gives the account a new password and ends its sessions.
  ///
  /// - Throws: ``AccountsError``.
  package func setPassword(of name: AccountName, to password: NewPassword) throws(AccountsError) -> AccountChange {
    guard try find(name) != nil else { return .unknownAccount }
    let hash = try hasher.hash(password.password).text
    return try withDatabase { database throws(AccountsError) in
      guard try database.setPassword(name.key, to: hash), let row = try database.find(name.key) else {
        return .unknownAccount
      }
      return .changed(row.account)
    }
  }

  /// Judges a login with that name and password.
  ///
  /// One key is derived at the same cost for every reason of a refusal: no such name, none that could be, a wrong or overlong
  /// password, a disabled account, a stored hash that can't be read. So the time of the answer tells nothing either. The one
  /// exception is an account whose hash was made at another cost: it is hashed anew when it next logs in.
  ///
  /// - Parameter name: as the client sent it.
  /// - Throws: ``AccountsError``; the password has not been judged then.
  package func authenticate(
    _ name: String, password: Password, policy: PasswordPolicy
  ) throws(AccountsError) -> Authentication {
    // No account has an empty name: one that can't be is looked up all the same.
    let key = (try? AccountName(name))?.key ?? ""
    let row = try withDatabase { database throws(AccountsError) in try database.find(key) }
    let hash = row.flatMap { PasswordHash($0.password) }
    let isTooLong = password.bytes.count > policy.byteLimit
    let isPassword = try hasher.check(isTooLong ? Password("") : password, against: isTooLong ? nil : hash)
    guard isPassword, let row, let hash, !row.account.isDisabled else { return .refused }
    // Hashing takes long enough for the account to be disabled, deleted or given another password in the meantime.
    let current = try withDatabase { database throws(AccountsError) in try database.find(key) }
    guard let current, current.account.id == row.account.id, current.account.epoch == row.account.epoch else {
      return .refused
    }
    if hash.cost != hasher.cost { renew(row, password) }
    return .success(current.account)
  }

  /// Hashes the password again at the current cost.
  private func renew(_ row: AccountDatabase.Row, _ password: Password) {
    do throws(AccountsError) {
      let hash = try hasher.hash(password).text
      try withDatabase { database throws(AccountsError) in try database.replaceHash(row, with: hash) }
    } catch {
      // The old hash is as good as it was: the login stands, and the next one tries again.
    }
  }
}
