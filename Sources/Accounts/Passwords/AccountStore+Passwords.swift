package import Configuration
import Cryptography

// What takes a tenth of a second, because a password is hashed.
extension AccountStore {
  /// Makes an account, unless the name is taken in any case; then nothing is changed, and no password hashed.
  ///
  /// - Parameter invite: the code that lets the user register, which is used up; nil where none is asked for.
  /// - Throws: ``AccountsError``.
  package func register(
    _ name: AccountName, password: NewPassword, roles: [RoleName], invite: String? = nil, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Registration {
    if let invite {
      let isGood = try withDatabase { database throws(AccountsError) in
        try database.isGood(invite: invite, at: stamp.time)
      }
      guard isGood else { return .inviteRefused }
    }
    guard try find(name) == nil else { return .exists }
    let hash = try hasher.hash(password.password).text
    return try withDatabase { database throws(AccountsError) in
      try database.insert(NewAccount(name: name, password: hash, roles: roles, invite: invite), stamp)
    }
  }

  /// Gives the account a new password, and ends all its sessions and other tokens.
  ///
  /// - Throws: ``AccountsError``.
  package func setPassword(
    of name: AccountName, to password: NewPassword, _ stamp: ChangeStamp
  ) throws(AccountsError) -> AccountChange {
    guard try find(name) != nil else { return .unknownAccount }
    let hash = try hasher.hash(password.password).text
    return try withDatabase { database throws(AccountsError) in
      try database.setPassword(name.key, to: hash, ending: .all, revokesSessionless: true, stamp)
        .map { .changed($0) } ?? .unknownAccount
    }
  }

  /// Gives the user who knows the current password a new one, and ends his sessions but for one.
  ///
  /// - Parameters:
  ///   - name: as a token has it.
  ///   - session: the one that goes on; nil for none.
  /// - Throws: ``AccountsError``; nothing has changed then.
  package func changePassword(
    of name: String, from current: Password, to password: NewPassword, policy: PasswordPolicy, sparing session: String?,
    _ stamp: ChangeStamp
  ) throws(AccountsError) -> Authentication {
    let account: Account
    switch try authenticate(name, password: current, policy: policy) {
    case .refused: return .refused
    case .success(let known): account = known
    }
    let hash = try hasher.hash(password.password).text
    return try withDatabase { database throws(AccountsError) in
      let key = AccountName.key(of: name)
      guard let row = try database.find(key), row.account.id == account.id, row.account.epoch == account.epoch,
        let changed = try database.setPassword(
          key, to: hash, ending: .others(than: session), revokesSessionless: false, stamp)
      else { return .refused }
      return .success(changed)
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
    let key = AccountName.key(of: name)
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
  private func renew(_ row: AccountRow, _ password: Password) {
    do throws(AccountsError) {
      let hash = try hasher.hash(password).text
      try withDatabase { database throws(AccountsError) in try database.replaceHash(of: row, with: hash) }
    } catch {
      // The old hash is as good as it was: the login stands, and the next one tries again.
    }
  }
}
