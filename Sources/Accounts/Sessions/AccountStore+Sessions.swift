extension AccountStore {
  /// Begins a session of an account that was authenticated just now; nil if it was disabled, deleted or given another password since.
  ///
  /// - Throws: ``AccountsError``.
  package func beginSession(
    of account: Account, _ policy: SessionPolicy, _ stamp: ChangeStamp
  ) throws(AccountsError) -> SessionGrant? {
    let token = try RefreshToken.make()
    let session = NewSession(id: try RandomIdentifier.make(), account: account, tokenHash: try token.hash())
    let isBegun = try withDatabase { database throws(AccountsError) in
      try database.beginSession(session, policy, stamp)
    }
    return isBegun ? SessionGrant(account: account, session: session.id, refreshToken: token) : nil
  }

  /// Takes a refresh token, and gives another one for it.
  ///
  /// - Throws: ``AccountsError``; the token is as it was then.
  package func refresh(
    _ presented: RefreshToken, _ policy: SessionPolicy, _ stamp: ChangeStamp
  ) throws(AccountsError) -> RefreshOutcome {
    let successor = try RefreshToken.make()
    let rotation = TokenRotation(
      presentedHash: try presented.hash(), successorHash: try successor.hash(),
      sealedSuccessor: try presented.seal(successor))
    let outcome = try withDatabase { database throws(AccountsError) in
      try database.rotate(rotation, policy, stamp)
    }
    switch outcome {
    case .rotated(let account, let session):
      return .granted(SessionGrant(account: account, session: session, refreshToken: successor))
    case .repeated(let account, let session, let sealed):
      guard let first = try presented.open(sealed) else { return .refused }
      return .granted(SessionGrant(account: account, session: session, refreshToken: first))
    case .reused(let user): return .reused(user: user)
    case .refused: return .refused
    }
  }

  /// The user's sessions, the one used last first; nil if there is no such account.
  ///
  /// - Throws: ``AccountsError``.
  package func sessions(of name: AccountName, now: Double) throws(AccountsError) -> [Session]? {
    try withDatabase { database throws(AccountsError) in
      guard try database.find(name.key) != nil else { return nil }
      return try database.sessions(of: name.key, at: UnixMilliseconds.from(seconds: now))
    }
  }

  /// Ends a session: its tokens are refused from now on.
  ///
  /// - Parameter name: of the user whose session it has to be; nil for anybody's.
  /// - Returns: nil if there is no such session.
  /// - Throws: ``AccountsError``.
  package func endSession(
    _ id: String, of name: AccountName?, as event: AccountEvent.Kind = .sessionEnded, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Session? {
    try withDatabase { database throws(AccountsError) in
      try database.endSession(id, of: name?.key, as: event, stamp)
    }
  }

  /// Ends the session that a token names, by order of its bearer.
  ///
  /// A session that the store does not know, or knows no more, is revoked all the same.
  ///
  /// - Parameter expires: the time at which the token has expired, in seconds since 1970.
  /// - Returns: false for a session of another user.
  /// - Throws: ``AccountsError``.
  package func logOut(
    _ id: String, of user: String, tokenExpires expires: Double, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Bool {
    let end = expires.isFinite ? UnixMilliseconds.from(seconds: expires) : nil
    return try withDatabase { database throws(AccountsError) in
      if try database.endSession(id, of: AccountName.key(of: user), as: .logout, stamp) != nil { return true }
      guard try !database.hasSession(id) else { return false }
      try database.revoke(
        .session(id), expires: end, as: AccountEvent.Draft(.logout, user: user, session: id), stamp)
      return true
    }
  }

  /// Ends sessions of a user.
  ///
  /// - Parameter revokesSessionless: whether his tokens without a session are refused from now on, too.
  /// - Returns: how many; nil if there is no such account.
  /// - Throws: ``AccountsError``.
  package func endSessions(
    _ selection: SessionSelection, of name: AccountName, revokesSessionless: Bool, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Int? {
    try withDatabase { database throws(AccountsError) in
      try database.endSessions(selection, of: name.key, revokesSessionless: revokesSessionless, stamp)
    }
  }
}
