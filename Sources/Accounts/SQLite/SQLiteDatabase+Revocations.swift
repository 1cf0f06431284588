extension Revocation.Subject {
  /// The subject as the table has it.
  fileprivate var columns: (kind: Int64, issuer: String, name: String) {
    switch self {
    case .session(let id): (0, "", id)
    case .user(let name): (1, "", name)
    case .foreignUser(let issuer, let subject): (2, issuer, subject)
    }
  }

  fileprivate init(kind: Int64, issuer: String, name: String) {
    switch kind {
    case 0: self = .session(name)
    case 1: self = .user(name)
    default: self = .foreignUser(issuer: issuer, subject: name)
    }
  }
}

extension SQLiteDatabase {
  func revocations(after number: Int64, limit: Int, at time: Int64) throws(AccountsError) -> [Revocation] {
    try statement(
      """
      SELECT number, kind, issuer, name, moment, expires FROM revocations
      WHERE number > ? AND (expires IS NULL OR expires > ?) ORDER BY number LIMIT ?
      """
    ).rows(.integer(number), .integer(time), .integer(Int64(limit))) {
      Revocation(
        number: $0.integer(0),
        subject: Revocation.Subject(kind: $0.integer(1), issuer: $0.text(2), name: $0.text(3)),
        moment: $0.integer(4), expires: $0.optionalInteger(5))
    }
  }

  func revoke(
    _ subject: Revocation.Subject, expires: Int64?, as event: AccountEvent.Draft, _ stamp: ChangeStamp
  ) throws(AccountsError) {
    try connection.transaction { () throws(AccountsError) in
      try put(subject, expires: expires, stamp)
      try note(event, stamp)
    }
  }

  /// Adds a revocation within a transaction; it gets a number of its own, so that those who follow them see it.
  ///
  /// One that is there already is never shortened: it may be for tokens that end later.
  func put(_ subject: Revocation.Subject, expires: Int64?, _ stamp: ChangeStamp) throws(AccountsError) {
    let (kind, issuer, name) = subject.columns
    try statement(
      """
      INSERT OR REPLACE INTO revocations (kind, issuer, name, moment, expires)
      SELECT ?1, ?2, ?3, max(?4, coalesce(old.moment, ?4)),
        CASE WHEN old.kind IS NOT NULL AND (old.expires IS NULL OR old.expires > ?5) THEN old.expires ELSE ?5 END
      FROM (SELECT 1) LEFT JOIN revocations AS old ON old.kind = ?1 AND old.issuer = ?2 AND old.name = ?3
      """
    ).run(.integer(kind), .text(issuer), .text(name), .integer(stamp.time), .optional(expires))
  }

  func sessionlessRevocation(of name: String) throws(AccountsError) -> Int64? {
    try statement("SELECT moment FROM revocations WHERE kind = 1 AND issuer = '' AND name = ?")
      .rows(.text(name)) { $0.integer(0) }.first
  }
}
