/// Failed logins, invites, events, and the removal of what has expired.
extension SQLiteDatabase {
  // MARK: Failed logins

  func failures(at time: Int64) throws(AccountsError) -> [StoredFailures] {
    try statement("SELECT account, network, times, level, delayed, used, until FROM failed_logins WHERE until > ?")
      .rows(.integer(time)) {
        StoredFailures(
          account: $0.optionalText(0).flatMap { $0 == StoredFailures.networkAlone ? nil : $0 }, network: $0.text(1),
          times: $0.text(2).split(separator: " ").compactMap { Int64($0) }, level: Int($0.integer(3)),
          delayedUntil: $0.optionalInteger(4), lastUse: $0.integer(5), until: $0.integer(6))
      }
  }

  func keep(_ failures: [StoredFailures], events: [StampedEvent], at time: Int64) throws(AccountsError) {
    try connection.transaction { () throws(AccountsError) in
      for record in failures {
        let account = record.account ?? StoredFailures.networkAlone
        if record.until <= time {
          try statement("DELETE FROM failed_logins WHERE account = ? AND network = ?")
            .run(.text(account), .text(record.network))
          continue
        }
        try statement(
          """
          INSERT OR REPLACE INTO failed_logins (account, network, times, level, delayed, used, until)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """
        ).run(
          .text(account), .text(record.network), .text(record.times.map { "\($0)" }.joined(separator: " ")),
          .integer(Int64(record.level)), .optional(record.delayedUntil), .integer(record.lastUse),
          .integer(record.until))
      }
      for noted in events { try note(noted.event, noted.stamp) }
    }
  }

  // MARK: Invites

  func insert(_ invite: Invite) throws(AccountsError) {
    try statement("INSERT INTO invites (code, roles, uses, created, expires) VALUES (?, ?, ?, ?, ?)").run(
      .text(invite.code), .text(invite.roles.joined(separator: ",")), .integer(Int64(invite.uses)),
      .integer(invite.created), .integer(invite.expires))
  }

  func invites(at time: Int64) throws(AccountsError) -> [Invite] {
    try statement(
      "SELECT code, roles, uses, created, expires FROM invites WHERE uses > 0 AND expires > ? ORDER BY created, code"
    ).rows(.integer(time)) {
      Invite(
        code: $0.text(0), roles: $0.text(1).split(separator: ",").map(String.init), uses: Int($0.integer(2)),
        created: $0.integer(3), expires: $0.integer(4))
    }
  }

  func isGood(invite code: String, at time: Int64) throws(AccountsError) -> Bool {
    try !statement("SELECT 1 FROM invites WHERE code = ? AND uses > 0 AND expires > ?")
      .rows(.text(code), .integer(time)) { $0.integer(0) }.isEmpty
  }

  func deleteInvite(_ code: String) throws(AccountsError) -> Bool {
    try statement("DELETE FROM invites WHERE code = ?").run(.text(code)) == 1
  }

  // MARK: Events

  func note(_ event: AccountEvent.Draft, _ stamp: ChangeStamp) throws(AccountsError) {
    try statement(
      "INSERT INTO events (time, event, user, key, by, address, session) VALUES (?, ?, ?, lower(?), ?, ?, ?)"
    ).run(
      .integer(stamp.time), .text(event.kind.rawValue), .optional(event.user), .optional(event.user),
      .text(stamp.initiator.role.rawValue), .optional(stamp.initiator.address), .optional(event.session))
  }

  func events(after number: Int64, limit: Int) throws(AccountsError) -> [AccountEvent] {
    try statement(
      """
      SELECT number, time, event, user, by, address, session FROM events WHERE number > ? ORDER BY number LIMIT ?
      """
    ).rows(.integer(number), .integer(Int64(limit)), read: Self.event)
  }

  func events(
    after number: Int64, of user: String?, since time: Int64, limit: Int
  ) throws(AccountsError) -> [AccountEvent] {
    guard let user else {
      return try statement(
        """
        SELECT number, time, event, user, by, address, session FROM events
        WHERE number > ? AND time >= ? ORDER BY number LIMIT ?
        """
      ).rows(.integer(number), .integer(time), .integer(Int64(limit)), read: Self.event)
    }
    return try statement(
      """
      SELECT number, time, event, user, by, address, session FROM events
      WHERE key = ? AND number > ? AND time >= ? ORDER BY number LIMIT ?
      """
    ).rows(.text(user), .integer(number), .integer(time), .integer(Int64(limit)), read: Self.event)
  }

  private static func event(_ statement: borrowing Statement) -> AccountEvent {
    AccountEvent(
      number: statement.integer(0), time: statement.integer(1), kind: statement.text(2),
      user: statement.optionalText(3),
      by: statement.text(4), address: statement.optionalText(5), session: statement.optionalText(6))
  }

  func lastEvent() throws(AccountsError) -> Int64 {
    try statement("SELECT coalesce(max(number), 0) FROM events").rows { $0.integer(0) }.first ?? 0
  }

  func mark(_ name: String) throws(AccountsError) -> Int64? {
    try statement("SELECT value FROM marks WHERE name = ?").rows(.text(name)) { $0.integer(0) }.first
  }

  func setMark(_ name: String, to number: Int64) throws(AccountsError) {
    try statement("INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)").run(.text(name), .integer(number))
  }

  // MARK: Removing

  func removeExpired(at time: Int64, graceEnd: Int64, limit: Int) throws(AccountsError) -> Bool {
    let room = Statement.Value.integer(Int64(limit))
    let oldest = time - AccountEvent.lifetime
    // Looked for first: a transaction that changes nothing would still take the lock.
    let isClean = try statement(
      """
      SELECT NOT EXISTS (SELECT 1 FROM sessions WHERE expires <= ?1 AND covered <= ?1)
        AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE successor IS NOT NULL AND spent <= ?2)
        AND NOT EXISTS (SELECT 1 FROM revocations WHERE expires <= ?1)
        AND NOT EXISTS (SELECT 1 FROM failed_logins WHERE until <= ?1)
        AND NOT EXISTS (SELECT 1 FROM invites WHERE expires <= ?1)
        AND NOT EXISTS (SELECT 1 FROM events WHERE time <= ?3)
      """
    ).rows(.integer(time), .integer(graceEnd), .integer(oldest)) { $0.integer(0) != 0 }
    if isClean.first ?? true { return false }
    return try connection.transaction { () throws(AccountsError) in
      var count = try statement(
        """
        DELETE FROM sessions WHERE number IN
          (SELECT number FROM sessions WHERE expires <= ?1 AND covered <= ?1 LIMIT ?2)
        """
      ).run(.integer(time), room)
      count += try statement(
        """
        UPDATE refresh_tokens SET successor = NULL WHERE hash IN
          (SELECT hash FROM refresh_tokens WHERE successor IS NOT NULL AND spent <= ? LIMIT ?)
        """
      ).run(.integer(graceEnd), room)
      count += try statement(
        "DELETE FROM revocations WHERE number IN (SELECT number FROM revocations WHERE expires <= ? LIMIT ?)"
      ).run(.integer(time), room)
      count += try statement(
        """
        DELETE FROM failed_logins WHERE (account, network) IN
          (SELECT account, network FROM failed_logins WHERE until <= ? LIMIT ?)
        """
      ).run(.integer(time), room)
      count += try statement("DELETE FROM invites WHERE expires <= ?").run(.integer(time))
      count += try statement(
        "DELETE FROM events WHERE number IN (SELECT number FROM events WHERE time <= ? ORDER BY number LIMIT ?)"
      ).run(.integer(oldest), room)
      return count > 0
    }
  }
}
