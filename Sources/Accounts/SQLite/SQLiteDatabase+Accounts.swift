extension SQLiteDatabase {
  func find(_ key: String) throws(AccountsError) -> AccountRow? {
    let row = try statement(
      """
      SELECT id, name, password, disabled, created, epoch,
        (SELECT group_concat(role, ',') FROM roles WHERE user = users.id), scope
      FROM users WHERE key = ?
      """
    ).rows(.text(key), read: Self.row).first
    guard let row else { return nil }
    let claims = try statement("SELECT name, value FROM claims WHERE user = ? ORDER BY name")
      .rows(.integer(row.account.id)) { Account.Claim(name: $0.text(0), json: $0.text(1)) }
    guard !claims.isEmpty else { return row }
    let plain = row.account
    let account = Account(
      id: plain.id, name: plain.name, roles: plain.roles, isDisabled: plain.isDisabled, created: plain.created,
      epoch: plain.epoch, scope: plain.scope, claims: claims)
    return AccountRow(account: account, password: row.password)
  }

  func list(after key: String, limit: Int) throws(AccountsError) -> [Account] {
    try statement(
      """
      SELECT id, name, password, disabled, created, epoch,
        (SELECT group_concat(role, ',') FROM roles WHERE user = users.id), scope
      FROM users WHERE key > ? ORDER BY key LIMIT ?
      """
    ).rows(.text(key), .integer(Int64(limit)), read: Self.row).map(\.account)
  }

  func insert(_ account: NewAccount, _ stamp: ChangeStamp) throws(AccountsError) -> Registration {
    let name = account.name
    return try connection.transaction { () throws(AccountsError) in
      var roles = account.roles.map(\.text)
      if let code = account.invite {
        guard try isGood(invite: code, at: stamp.time) else { return .inviteRefused }
        roles += try statement("SELECT roles FROM invites WHERE code = ?").rows(.text(code)) { $0.text(0) }
          .flatMap { $0.split(separator: ",").map(String.init) }
      }
      let inserted = try statement(
        "INSERT INTO users (name, key, password, created) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
      ).run(.text(name.text), .text(name.key), .text(account.password), .integer(stamp.time / 1000))
      guard inserted == 1 else { return .exists }
      for role in roles { try addRole(name.key, role) }
      if let code = account.invite {
        try statement("UPDATE invites SET uses = uses - 1 WHERE code = ?").run(.text(code))
        try statement("DELETE FROM invites WHERE code = ? AND uses <= 0").run(.text(code))
        try note(AccountEvent.Draft(.inviteUsed, user: name.text), stamp)
      }
      try note(AccountEvent.Draft(.registered, user: name.text), stamp)
      guard let account = try find(name.key)?.account else { return .exists }
      return .registered(account)
    }
  }

  func setPassword(
    _ key: String, to hash: String, ending sessions: SessionSelection, revokesSessionless: Bool, _ stamp: ChangeStamp
  ) throws(AccountsError) -> Account? {
    try connection.transaction { () throws(AccountsError) in
      let changed = try statement("UPDATE users SET password = ?, epoch = epoch + 1 WHERE key = ?")
        .run(.text(hash), .text(key))
      guard changed == 1, let account = try find(key)?.account else { return nil }
      try note(AccountEvent.Draft(.passwordChanged, user: account.name), stamp)
      _ = try end(sessions, of: account, revokesSessionless: revokesSessionless, stamp)
      return account
    }
  }

  func replaceHash(of row: AccountRow, with hash: String) throws(AccountsError) {
    try statement("UPDATE users SET password = ? WHERE id = ? AND password = ?")
      .run(.text(hash), .integer(row.account.id), .text(row.password))
  }

  func setDisabled(_ key: String, _ isDisabled: Bool, _ stamp: ChangeStamp) throws(AccountsError) -> AccountChange {
    try change(key) { account throws(AccountsError) in
      guard account.isDisabled != isDisabled else { return false }
      if isDisabled {
        try statement("UPDATE users SET disabled = 1, epoch = epoch + 1 WHERE key = ?").run(.text(key))
      } else {
        try statement("UPDATE users SET disabled = 0 WHERE key = ?").run(.text(key))
      }
      try note(AccountEvent.Draft(isDisabled ? .disabled : .enabled, user: account.name), stamp)
      if isDisabled { _ = try end(.all, of: account, revokesSessionless: true, stamp) }
      return true
    }
  }

  func delete(_ key: String, _ stamp: ChangeStamp) throws(AccountsError) -> Bool {
    try connection.transaction { () throws(AccountsError) in
      guard let account = try find(key)?.account else { return false }
      try note(AccountEvent.Draft(.deleted, user: account.name), stamp)
      _ = try end(.all, of: account, revokesSessionless: true, stamp)
      return try statement("DELETE FROM users WHERE key = ?").run(.text(key)) == 1
    }
  }

  func setRole(
    _ key: String, _ role: RoleName, isGranted: Bool, _ stamp: ChangeStamp
  ) throws(AccountsError) -> AccountChange {
    try change(key) { account throws(AccountsError) in
      guard account.roles.contains(where: { $0.utf8.elementsEqual(role.text.utf8) }) != isGranted else { return false }
      if isGranted {
        try addRole(key, role.text)
      } else {
        try statement("DELETE FROM roles WHERE user = ? AND role = ?").run(.integer(account.id), .text(role.text))
      }
      try note(AccountEvent.Draft(.rolesChanged, user: account.name), stamp)
      return true
    }
  }

  func setScope(_ key: String, _ scope: String, _ stamp: ChangeStamp) throws(AccountsError) -> AccountChange {
    try change(key) { account throws(AccountsError) in
      guard !account.scope.utf8.elementsEqual(scope.utf8) else { return false }
      try statement("UPDATE users SET scope = ? WHERE key = ?").run(.text(scope), .text(key))
      try note(AccountEvent.Draft(.claimsChanged, user: account.name), stamp)
      return true
    }
  }

  func setClaim(
    _ key: String, _ name: String, to json: String?, _ stamp: ChangeStamp
  ) throws(AccountsError) -> AccountChange {
    try change(key) { account throws(AccountsError) in
      let known = account.claims.first { $0.name.utf8.elementsEqual(name.utf8) }?.json
      if let json {
        if let known, known.utf8.elementsEqual(json.utf8) { return false }
        try statement(
          "INSERT INTO claims (user, name, value) VALUES (?1, ?2, ?3) ON CONFLICT (user, name) DO UPDATE SET value = ?3"
        ).run(.integer(account.id), .text(name), .text(json))
      } else {
        guard known != nil else { return false }
        try statement("DELETE FROM claims WHERE user = ? AND name = ?").run(.integer(account.id), .text(name))
      }
      try note(AccountEvent.Draft(.claimsChanged, user: account.name), stamp)
      return true
    }
  }

  // MARK: What they share

  private func addRole(_ key: String, _ role: String) throws(AccountsError) {
    try statement("INSERT INTO roles (user, role) SELECT id, ?2 FROM users WHERE key = ?1 ON CONFLICT DO NOTHING")
      .run(.text(key), .text(role))
  }

  /// Changes an account in a transaction.
  ///
  /// - Parameter body: returns false if there is nothing to change.
  private func change(
    _ key: String, _ body: (Account) throws(AccountsError) -> Bool
  ) throws(AccountsError) -> AccountChange {
    try connection.transaction { () throws(AccountsError) in
      guard let before = try find(key)?.account else { return .unknownAccount }
      guard try body(before) else { return .unchanged(before) }
      return try find(key).map { .changed($0.account) } ?? .unknownAccount
    }
  }

  private static func row(_ statement: borrowing Statement) -> AccountRow {
    let roles = statement.text(6).split(separator: ",").map(String.init).sorted()
    let account = Account(
      id: statement.integer(0), name: statement.text(1), roles: roles, isDisabled: statement.integer(3) != 0,
      created: statement.integer(4), epoch: statement.integer(5), scope: statement.text(7))
    return AccountRow(account: account, password: statement.text(2))
  }
}
