import Accounts
import Configuration
import Cryptography
import Dispatch
import Foundation
import Synchronization
import Testing

enum Sample {
  static let now = 1_700_000_000.75
  static let policy = PasswordPolicy()
  static let stamp = ChangeStamp(now: now, by: .operator)

  /// Hashes so cheap that a test can make hundreds.
  static func cheap(_ logarithm: Int = 2) throws -> PasswordHasher {
    try PasswordHasher(cost: #require(ScryptCost(logarithm: logarithm, blockSize: 8, parallelism: 1)))
  }

  static func store(_ path: String) throws -> AccountStore { try AccountStore(path: path, hasher: cheap()) }

  static func name(_ text: String) throws -> AccountName { try AccountName(text) }

  static func password(_ text: String) throws -> NewPassword { try policy.accept(Password(text)) }
}

extension AccountStore {
  /// Registers with one role, and gives the account.
  @discardableResult
  func register(_ name: String, _ password: String = "12345678", roles: [String] = ["user"]) throws -> Account {
    let outcome = try register(
      Sample.name(name), password: Sample.password(password), roles: roles.map { try RoleName($0) }, Sample.stamp)
    guard case .registered(let account) = outcome else { throw AccountsError.failed(reason: "\(name) exists") }
    return account
  }

  /// The account if the login is let in.
  func logIn(_ name: String, _ password: String, policy: PasswordPolicy = Sample.policy) throws -> Account? {
    switch try authenticate(name, password: Password(password), policy: policy) {
    case .success(let account): account
    case .refused: nil
    }
  }
}

/// Changes by the command line at the tests' own time.
extension AccountStore {
  func disable(_ name: AccountName) throws -> AccountChange { try disable(name, Sample.stamp) }
  func enable(_ name: AccountName) throws -> AccountChange { try enable(name, Sample.stamp) }
  func grant(_ role: RoleName, to name: AccountName) throws -> AccountChange { try grant(role, to: name, Sample.stamp) }
  func revoke(_ role: RoleName, from name: AccountName) throws -> AccountChange {
    try revoke(role, from: name, Sample.stamp)
  }
  func delete(_ name: AccountName) throws -> Bool { try delete(name, Sample.stamp) }
  func setPassword(of name: AccountName, to password: NewPassword) throws -> AccountChange {
    try setPassword(of: name, to: password, Sample.stamp)
  }
}
