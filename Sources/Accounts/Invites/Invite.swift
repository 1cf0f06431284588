/// A code that lets somebody register.
package struct Invite: Sendable, Hashable {
  /// 128 random bits as base64url.
  package let code: String
  /// The roles that come on top of those that everybody gets.
  package let roles: [String]
  /// The number of registrations that it is still good for.
  package let uses: Int
  /// Milliseconds since 1970.
  package let created: Int64
  package let expires: Int64
}

extension AccountStore {
  /// Makes an invite.
  ///
  /// - Parameters:
  ///   - uses: how many may register with it.
  ///   - lifetime: in seconds.
  /// - Throws: ``AccountsError``.
  package func makeInvite(
    roles: [RoleName], uses: Int, lifetime: Double, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Invite {
    let code = try RandomIdentifier.make()
    let invite = Invite(
      code: code, roles: roles.map(\.text), uses: max(1, uses), created: stamp.time,
      expires: UnixMilliseconds.after(stamp.time, UnixMilliseconds.from(seconds: lifetime)))
    try withDatabase { database throws(AccountsError) in
      try database.insert(invite)
      try database.note(AccountEvent.Draft(.inviteCreated), stamp)
    }
    return invite
  }

  /// The invites that can still be used.
  ///
  /// - Throws: ``AccountsError``.
  package func invites(now: Double) throws(AccountsError) -> [Invite] {
    try withDatabase { database throws(AccountsError) in
      try database.invites(at: UnixMilliseconds.from(seconds: now))
    }
  }

  /// True if somebody can register with the code now.
  ///
  /// - Throws: ``AccountsError``.
  package func isGood(invite code: String, now: Double) throws(AccountsError) -> Bool {
    try withDatabase { database throws(AccountsError) in
      try database.isGood(invite: code, at: UnixMilliseconds.from(seconds: now))
    }
  }

  /// Removes an invite; false if there is none of that code.
  ///
  /// - Throws: ``AccountsError``.
  package func deleteInvite(_ code: String) throws(AccountsError) -> Bool {
    try withDatabase { database throws(AccountsError) in try database.deleteInvite(code) }
  }
}
