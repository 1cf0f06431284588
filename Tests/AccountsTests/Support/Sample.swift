import Accounts
import Cryptography
import Dispatch
import Foundation
import Synchronization
import Testing

/// The permission bits of a file.
func mode(of path: String) -> mode_t? {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
}

func read(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 20)
  return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
}

func write(_ bytes: [UInt8], to path: String) throws {
  let file = try #require(fopen(path, "w"))
  #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  fclose(file)
}

/// Calls `body` on that many threads at once and gives what they return.
func onThreads<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Result) -> [Result] {
  let results = Mutex<[Result]>([])
  let calls = (0..<count).map { number in
    Started {
      let result = body(number)
      results.withLock { $0.append(result) }
    }
  }
  for call in calls { call.join() }
  return results.withLock { $0 }
}

/// A thread of its own, so that what blocks it holds up nobody else.
struct Started {
  private let done = DispatchSemaphore(value: 0)

  init(_ body: @escaping @Sendable () -> Void) {
    Thread { [done] in
      body()
      done.signal()
    }.start()
  }

  func join() { done.wait() }
}

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
