/// A user as the store knows them, but for the password.
package struct Account: Sendable, Hashable {
  /// Never given to another account, not even after a deletion.
  package let id: Int64
  /// The name as it was registered: the `sub` of tokens.
  package let name: String
  /// The user's roles, sorted.
  package let roles: [String]
  /// True if logins are refused.
  package let isDisabled: Bool
  /// The time of registration, in seconds since 1970.
  package let created: Int64
  /// Counts the events that end all sessions of the user: a new password, being disabled.
  package let epoch: Int64
}

/// The outcome of changing an account.
package enum AccountChange: Sendable, Hashable {
  /// It is so now; durable.
  case changed(Account)
  /// It was so before.
  case unchanged(Account)
  /// There is no such account.
  case unknownAccount
}

/// The outcome of registering a name.
package enum Registration: Sendable, Hashable {
  /// The account exists now; durable.
  case registered(Account)
  /// The name is taken, perhaps in another case; nothing was changed.
  case exists
}

/// The outcome of a login with a name and a password.
///
/// There is one refusal, so that a client can't learn from it which of the two was wrong.
package enum Authentication: Sendable, Hashable {
  case success(Account)
  case refused
}
