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
      Sample.name(name), password: Sample.password(password), roles: roles.map { try RoleName($0) }, now: Sample.now)
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
