import Bytes

/// The tokens that were taken back before their end: those of sessions that have ended, and those that users had before some moment.
///
/// A user is the pair of issuer and subject; so is a session that of issuer and `sid`. Each worker has a value of its own, which is
/// told of what is revoked and forgets what has expired. The decision asks it about every token, behind the cache of verified ones,
/// which knows nothing of it: the question takes a look at a table or two, however many entries there are.
package struct Revocations: Sendable {
  /// A session or a user of an issuer, known by 128 bits of a hash that is keyed for each process.
  package struct Holder: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// The bits; the second half is never zero.
    var halves: (high: UInt64, low: UInt64) { (high, low) }

    /// - Parameters:
    ///   - issuer: nil for the one whose tokens carry no `iss`.
    ///   - name: the `sid` of a session, or a user's subject.
    package init(issuer: String?, name: String) { self.init(issuer, name.utf8Span.span) }

    init(_ issuer: String?, _ name: Span<UInt8>) {
      high = Self.hash(0, issuer, name)
      // Zero stands for a free place in the tables.
      low = Self.hash(1, issuer, name) | 1
    }

    private static func hash(_ half: UInt8, _ issuer: String?, _ name: Span<UInt8>) -> UInt64 {
      var hasher = Hasher()
      hasher.combine(half)
      if let issuer {
        hasher.combine(issuer.utf8.count)
        for byte in issuer.utf8 { hasher.combine(byte) }
      } else {
        hasher.combine(-1)
      }
      for index in name.indices { hasher.combine(name[index]) }
      return UInt64(bitPattern: Int64(hasher.finalize()))
    }
  }

  /// Something that is revoked, until its last token has expired.
  package struct Entry: Sendable, Hashable {
    /// The tokens that it is about.
    package enum Scope: Sendable, Hashable {
      /// All of a session.
      case session
      /// A user's that were issued before a moment, in seconds since the epoch.
      case user(before: Double)
      /// The same, but for those of sessions, which are revoked one by one.
      case userWithoutSession(before: Double)
    }

    package let holder: Holder
    package let scope: Scope
    /// The time at which it may be forgotten, in seconds since the epoch; infinite for never.
    package let expires: Double

    package init(_ holder: Holder, _ scope: Scope, expires: Double = .infinity) {
      self.holder = holder
      self.scope = scope
      self.expires = expires
    }
  }

  /// Nil as long as nothing is revoked, which is all that a request then asks.
  private var tables: Tables?

  // Sendable because it is changed only while this value alone has it.
  private final class Tables: @unchecked Sendable {
    var sessions = HolderTable()
    var users = HolderTable()
    var sessionless = HolderTable()

    init() {}

    init(copying other: Tables) { (sessions, users, sessionless) = (other.sessions, other.users, other.sessionless) }

    var count: Int { sessions.count + users.count + sessionless.count }
  }

  /// Nothing is revoked.
  package static let none = Revocations([])

  package init(_ entries: [Entry]) { add(entries) }

  /// - Parameters:
  ///   - sessions: those that have ended.
  ///   - users: each with the moment, in seconds since the epoch, before which its tokens were issued that are refused.
  package init(sessions: Set<Holder> = [], users: [Holder: Double] = [:]) {
    self.init(sessions.map { Entry($0, .session) } + users.map { Entry($0, .user(before: $1)) })
  }

  /// The number of entries.
  package var count: Int { tables?.count ?? 0 }

  /// Revokes those, too; an entry takes the place of one of the same kind for the same holder.
  package mutating func add(_ entries: [Entry]) {
    guard !entries.isEmpty else { return }
    let tables = ownTables()
    for entry in entries {
      switch entry.scope {
      case .session: tables.sessions.set(entry.holder, .infinity, expires: entry.expires)
      case .user(let moment): tables.users.set(entry.holder, moment, expires: entry.expires)
      case .userWithoutSession(let moment): tables.sessionless.set(entry.holder, moment, expires: entry.expires)
      }
    }
  }

  /// Forgets what has expired.
  ///
  /// - Parameter now: seconds since the epoch.
  package mutating func forget(expiredBy now: Double) {
    guard tables != nil else { return }
    let own = ownTables()
    own.sessions.forget(expiredBy: now)
    own.users.forget(expiredBy: now)
    own.sessionless.forget(expiredBy: now)
    if own.count == 0 { tables = nil }
  }

  private mutating func ownTables() -> Tables {
    if let tables, isKnownUniquelyReferenced(&self.tables) { return tables }
    let own = tables.map(Tables.init(copying:)) ?? Tables()
    tables = own
    return own
  }

  /// True if the token that proves the identity was taken back.
  ///
  /// A token that does not say when it was issued counts as issued before any moment.
  @inline(__always)
  package func include(_ identity: Identity) -> Bool {
    guard let tables else { return false }
    return Self.include(identity, in: tables)
  }

  private static func include(_ identity: Identity, in tables: Tables) -> Bool {
    // A certificate is not revoked here.
    guard identity.isOfToken else { return false }
    let hasSession = !identity.session.isEmpty
    if hasSession, tables.sessions.moment(of: identity.sessionHolder) != nil { return true }
    var moment = tables.users.moment(of: identity.userHolder)
    if !hasSession, let other = tables.sessionless.moment(of: identity.userHolder) {
      moment = max(moment ?? other, other)
    }
    guard let moment else { return false }
    return identity.issuedAt.map { $0 < moment } ?? true
  }
}
