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
  /// Counts the events that make a login void that is under way: a new password, being disabled.
  package let epoch: Int64
  /// The words of the scope of the user's tokens, separated by blanks; empty for no such claim.
  package let scope: String
  /// The further claims of the user's tokens; empty in lists of accounts.
  package let claims: [Claim]

  /// A claim with its value as JSON.
  package struct Claim: Sendable, Hashable {
    package let name: String
    package let json: String

    package init(name: String, json: String) {
      self.name = name
      self.json = json
    }
  }

  package init(
    id: Int64, name: String, roles: [String], isDisabled: Bool, created: Int64, epoch: Int64, scope: String = "",
    claims: [Claim] = []
  ) {
    self.id = id
    self.name = name
    self.roles = roles
    self.isDisabled = isDisabled
    self.created = created
    self.epoch = epoch
    self.scope = scope
    self.claims = claims
  }
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
  /// The invite is unknown, used up or expired; nothing was changed.
  case inviteRefused
}

/// The outcome of a login with a name and a password.
///
/// There is one refusal, so that a client can't learn from it which of the two was wrong.
package enum Authentication: Sendable, Hashable {
  case success(Account)
  case refused
}
