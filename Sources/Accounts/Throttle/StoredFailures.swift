/// The failed logins of an account from a network, or of a network, as the database keeps them; times in milliseconds since 1970.
struct StoredFailures: Sendable, Hashable {
  /// The key of the name, empty for all names that can't be; nil for what comes from the network altogether.
  let account: String?
  /// The text of a ``ClientNetwork``.
  let network: String
  let times: [Int64]
  let level: Int
  let delayedUntil: Int64?
  let lastUse: Int64
  /// The time from which it says nothing any more.
  let until: Int64

  /// The name, which nobody can have, in the place of an account's.
  static let networkAlone = "*"
}
