extension SQLiteDatabase {
  /// The number of spent tokens that are known of each session, so that their reuse is noticed; older ones are just refused.
  private static let spentMax: Int64 = 4096

  func beginSession(
    _ session: NewSession, _ policy: SessionPolicy, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Bool {
    try connection.transaction { () throws(AccountsError) in
      let account = session.account
      let isCurrent = try statement("SELECT 1 FROM users WHERE id = ? AND epoch = ? AND disabled = 0")
        .rows(.integer(account.id), .integer(account.epoch)) { $0.integer(0) }
      guard !isCurrent.isEmpty else { return false }
      let excess = try statement(
        "SELECT number FROM sessions WHERE user = ? AND expires > ? ORDER BY used DESC, number DESC LIMIT -1 OFFSET ?"
      ).rows(.integer(account.id), .integer(stamp.time), .integer(Int64(policy.countMax) - 1)) { $0.integer(0) }
      for number in excess { try end(number, as: .sessionEnded, stamp.byGateway) }
      try statement(
        """
        INSERT INTO sessions (id, user, begun, used, expires, covered, address, agent)
        VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)
        """
      ).run(
        .text(session.id), .integer(account.id), .integer(stamp.time),
        .integer(policy.end(begun: stamp.time, used: stamp.time)),
        .integer(UnixMilliseconds.after(stamp.time, policy.accessLifetime)),
        .optional(stamp.initiator.address), .optional(stamp.initiator.userAgent))
      try statement("INSERT INTO refresh_tokens (hash, session) SELECT ?1, number FROM sessions WHERE id = ?2")
        .run(.blob(session.tokenHash), .text(session.id))
      try note(AccountEvent.Draft(.login, user: account.name, session: session.id), stamp)
      return true
    }
  }

  // MARK: Refreshing

  /// A presented token as the database has it.
  private struct Presented {
    let session: Int64
    let spent: Int64?
    let sealedSuccessor: [UInt8]?
    let id: String
    let begun: Int64
    let expires: Int64
    let key: String
    let rotations: Int64
  }

  func rotate(
    _ rotation: TokenRotation, _ policy: SessionPolicy, _ stamp: ChangeStamp
  ) throws(AccountsError) -> TokenRotation.Outcome {
    // Made-up tokens don't get as far as the write lock.
    guard try presented(rotation) != nil else { return .refused }
    return try connection.transaction { () throws(AccountsError) in
      guard let presented = try presented(rotation), let account = try find(presented.key)?.account,
        !account.isDisabled, presented.expires > stamp.time,
        policy.end(begun: presented.begun, used: stamp.time) > stamp.time
      else { return .refused }
      guard let spent = presented.spent else {
        try spend(presented, rotation, policy, stamp)
        return .rotated(account, session: presented.id)
      }
      guard stamp.time - spent <= policy.grace, policy.grace > 0, let sealed = presented.sealedSuccessor else {
        try end(presented.session, as: .tokenReused, stamp)
        return .reused(user: account.name)
      }
      try use(presented, policy, stamp)
      return .repeated(account, session: presented.id, sealedSuccessor: sealed)
    }
  }

  private func presented(_ rotation: TokenRotation) throws(AccountsError) -> Presented? {
    try statement(
      """
      SELECT session, spent, successor, sessions.id, begun, expires, users.key, rotations
      FROM refresh_tokens JOIN sessions ON sessions.number = session JOIN users ON users.id = sessions.user
      WHERE hash = ?
      """
    ).rows(.blob(rotation.presentedHash)) {
      Presented(
        session: $0.integer(0), spent: $0.optionalInteger(1), sealedSuccessor: $0.blob(2), id: $0.text(3),
        begun: $0.integer(4), expires: $0.integer(5), key: $0.text(6), rotations: $0.integer(7))
    }.first
  }

  private func spend(
    _ presented: Presented, _ rotation: TokenRotation, _ policy: SessionPolicy, _ stamp: ChangeStamp
  ) throws(AccountsError) {
    try statement("UPDATE refresh_tokens SET spent = ?, successor = ? WHERE hash = ?")
      .run(
        .integer(stamp.time), policy.grace > 0 ? .blob(rotation.sealedSuccessor) : .null,
        .blob(rotation.presentedHash))
    try statement("INSERT INTO refresh_tokens (hash, session) VALUES (?, ?)")
      .run(.blob(rotation.successorHash), .integer(presented.session))
    try statement("UPDATE sessions SET rotations = rotations + 1 WHERE number = ?").run(.integer(presented.session))
    try use(presented, policy, stamp)
    guard presented.rotations % 256 == 255 else { return }
    try statement(
      """
      DELETE FROM refresh_tokens WHERE session = ?1 AND spent IS NOT NULL AND hash IN (
        SELECT hash FROM refresh_tokens WHERE session = ?1 AND spent IS NOT NULL ORDER BY spent DESC LIMIT -1 OFFSET ?2)
      """
    ).run(.integer(presented.session), .integer(Self.spentMax))
  }

  /// Notes that the session goes on, with another access token.
  private func use(_ presented: Presented, _ policy: SessionPolicy, _ stamp: ChangeStamp) throws(AccountsError) {
    try statement(
      "UPDATE sessions SET used = ?2, expires = ?3, covered = max(covered, ?4), address = ?5, agent = ?6 WHERE number = ?1"
    ).run(
      .integer(presented.session), .integer(stamp.time),
      .integer(policy.end(begun: presented.begun, used: stamp.time)),
      .integer(UnixMilliseconds.after(stamp.time, policy.accessLifetime)),
      .optional(stamp.initiator.address), .optional(stamp.initiator.userAgent))
  }

  // MARK: Listing and ending

  func sessions(of key: String, at time: Int64) throws(AccountsError) -> [Session] {
    try statement(
      """
      SELECT sessions.id, users.name, begun, used, expires, address, agent
      FROM sessions JOIN users ON users.id = sessions.user
      WHERE users.key = ? AND expires > ? ORDER BY used DESC, number DESC
      """
    ).rows(.text(key), .integer(time), read: Self.session)
  }

  func endSession(
    _ id: String, of key: String?, as event: AccountEvent.Kind, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Session? {
    try connection.transaction { () throws(AccountsError) in
      let found = try statement(
        """
        SELECT sessions.id, users.name, begun, used, expires, address, agent, number, users.key
        FROM sessions JOIN users ON users.id = sessions.user WHERE sessions.id = ?
        """
      ).rows(.text(id)) { ($0.integer(7), $0.text(8), Self.session($0)) }.first
      guard let (number, owner, session) = found, key.map({ $0.utf8.elementsEqual(owner.utf8) }) ?? true else {
        return nil
      }
      try end(number, as: event, stamp)
      return session
    }
  }

  func hasSession(_ id: String) throws(AccountsError) -> Bool {
    try !statement("SELECT 1 FROM sessions WHERE id = ?").rows(.text(id)) { $0.integer(0) }.isEmpty
  }

  func endSessions(
    _ selection: SessionSelection, of key: String, revokesSessionless: Bool, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Int? {
    try connection.transaction { () throws(AccountsError) in
      guard let account = try find(key)?.account else { return nil }
      return try end(selection, of: account, revokesSessionless: revokesSessionless, stamp)
    }
  }

  /// Ends sessions within a transaction, and returns how many.
  func end(
    _ selection: SessionSelection, of account: Account, revokesSessionless: Bool, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Int {
    let spared: String? =
      switch selection {
      case .all: nil
      case .others(let id): id
      }
    let numbers = try statement("SELECT number FROM sessions WHERE user = ? AND id IS NOT ?")
      .rows(.integer(account.id), .optional(spared)) { $0.integer(0) }
    for number in numbers { try end(number, as: .sessionEnded, stamp) }
    if revokesSessionless { try put(.user(account.name), expires: nil, stamp) }
    return numbers.count
  }

  /// Ends a session within a transaction: its access tokens are revoked, its refresh tokens forgotten.
  private func end(_ number: Int64, as event: AccountEvent.Kind, _ stamp: ChangeStamp) throws(AccountsError) {
    let found = try statement(
      "SELECT sessions.id, users.name, covered FROM sessions JOIN users ON users.id = sessions.user WHERE number = ?"
    ).rows(.integer(number)) { ($0.text(0), $0.text(1), $0.integer(2)) }.first
    guard let (id, user, covered) = found else { return }
    if covered > stamp.time { try put(.session(id), expires: covered, stamp) }
    try statement("DELETE FROM sessions WHERE number = ?").run(.integer(number))
    try note(AccountEvent.Draft(event, user: user, session: id), stamp)
  }

  private static func session(_ statement: borrowing Statement) -> Session {
    Session(
      id: statement.text(0), user: statement.text(1), begun: statement.integer(2), lastUsed: statement.integer(3),
      expires: statement.integer(4), address: statement.optionalText(5), userAgent: statement.optionalText(6))
  }
}
