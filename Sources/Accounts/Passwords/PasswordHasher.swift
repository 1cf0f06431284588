package import Cryptography
import Synchronization

/// Makes and checks password hashes at one cost; for any thread.
///
/// Every check derives exactly one key, whether there is a hash to check against or not.
package final class PasswordHasher: Sendable {
  /// The cost of new hashes.
  package let cost: ScryptCost
  private let dummy: PasswordHash
  private let derivations = Atomic<Int>(0)

  /// - Throws: ``AccountsError/cryptographyUnavailable``.
  package init(cost: ScryptCost = .current) throws(AccountsError) {
    self.cost = cost
    dummy = try Self.asking { () throws(CryptographyError) in try .unmatchable(cost: cost) }
  }

  /// The number of keys derived so far, for logins and registrations.
  package var derivationCount: Int { derivations.load(ordering: .relaxed) }

  /// The hash of a new password.
  func hash(_ password: Password) throws(AccountsError) -> PasswordHash {
    derivations.add(1, ordering: .relaxed)
    return try Self.asking { () throws(CryptographyError) in try PasswordHash(of: password.bytes.span, cost: cost) }
  }

  /// Compares a password with a hash.
  ///
  /// Without a hash the same work is done for nothing, and the answer is no.
  func check(_ password: Password, against hash: PasswordHash?) throws(AccountsError) -> Bool {
    derivations.add(1, ordering: .relaxed)
    let matches = try Self.asking { () throws(CryptographyError) in
      try (hash ?? dummy).matches(password.bytes.span)
    }
    return matches && hash != nil
  }

  private static func asking<Result>(_ body: () throws(CryptographyError) -> Result) throws(AccountsError) -> Result {
    do throws(CryptographyError) {
      return try body()
    } catch {
      throw .cryptographyUnavailable
    }
  }
}
