/// Something that has happened to an account, for those who look into it later.
package struct AccountEvent: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case registered
    case login
    case loginFailed = "login_failed"
    case loginThrottled = "login_throttled"
    case tokenReused = "token_reused"
    case logout
    case sessionEnded = "session_ended"
    case passwordChanged = "password_changed"
    case rolesChanged = "roles_changed"
    case claimsChanged = "claims_changed"
    case disabled
    case enabled
    case deleted
    case inviteCreated = "invite_created"
    case inviteUsed = "invite_used"
    case keyRotated = "key_rotated"
  }

  /// An event that is to be noted.
  package struct Draft: Sendable, Hashable {
    package let kind: Kind
    package var user: String?
    package var session: String?

    package init(_ kind: Kind, user: String? = nil, session: String? = nil) {
      self.kind = kind
      self.user = user
      self.session = session
    }
  }

  /// Grows with each event.
  package let number: Int64
  /// Milliseconds since 1970.
  package let time: Int64
  /// One of ``Kind``, or a word of another version of the gateway.
  package let kind: String
  package let user: String?
  /// One of ``Initiator/Role``, or a word of another version.
  package let by: String
  package let address: String?
  package let session: String?

  /// The time for which the store keeps it, in milliseconds: 90 days.
  static let lifetime: Int64 = 90 * 86_400_000
}

/// An event that is to be noted, with its time and who has caused it.
package struct StampedEvent: Sendable, Hashable {
  let event: AccountEvent.Draft
  let stamp: ChangeStamp

  package init(_ event: AccountEvent.Draft, _ stamp: ChangeStamp) {
    self.event = event
    self.stamp = stamp
  }
}

extension AccountStore {
  /// Notes an event that goes with no change of the accounts.
  ///
  /// - Throws: ``AccountsError``.
  package func note(_ event: AccountEvent.Draft, _ stamp: ChangeStamp) throws(AccountsError) {
    try withDatabase { database throws(AccountsError) in try database.note(event, stamp) }
  }

  /// The number of the last event; 0 if there was none.
  ///
  /// - Throws: ``AccountsError``.
  package func lastEvent() throws(AccountsError) -> Int64 {
    try withDatabase { database throws(AccountsError) in try database.lastEvent() }
  }

  /// The events after the one of that number, at most `limit` of them.
  ///
  /// - Parameters:
  ///   - name: of the user that they are about; nil for all.
  ///   - since: the time of the first, in seconds since 1970.
  /// - Throws: ``AccountsError``.
  package func events(
    after number: Int64 = 0, of name: AccountName? = nil, since: Double = 0, limit: Int
  ) throws(AccountsError) -> [AccountEvent] {
    try withDatabase { database throws(AccountsError) in
      try database.events(
        after: number, of: name?.key, since: UnixMilliseconds.from(seconds: since), limit: max(0, limit))
    }
  }
}
