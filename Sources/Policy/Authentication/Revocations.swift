import Bytes

/// The tokens that were taken back before their end: those of sessions that have ended, and those that users had before some moment.
///
/// A user is the pair of issuer and subject; so is a session that of issuer and `sid`. The value never changes: when something is
/// revoked, the workers get another one. The decision asks it about every token, behind the cache of verified ones, which knows
/// nothing of it.
package struct Revocations: Sendable {
  /// A session or a user of an issuer.
  package struct Holder: Sendable, Hashable {
    private let issuer: [UInt8]?
    private let name: [UInt8]

    /// - Parameters:
    ///   - issuer: nil for the one whose tokens carry no `iss`.
    ///   - name: the `sid` of a session, or a user's subject.
    package init(issuer: String?, name: String) {
      self.issuer = issuer.map { Array($0.utf8) }
      self.name = Array(name.utf8)
    }

    fileprivate init(_ issuer: String?, _ name: Span<UInt8>) {
      self.issuer = issuer.map { Array($0.utf8) }
      self.name = name.array
    }
  }

  /// Nil as long as nothing is revoked, which is all that a request then asks.
  private let entries: Entries?

  private final class Entries: Sendable {
    let sessions: Set<Holder>
    let users: [Holder: Double]

    init(sessions: Set<Holder>, users: [Holder: Double]) {
      self.sessions = sessions
      self.users = users
    }
  }

  /// Nothing is revoked.
  package static let none = Revocations()

  /// - Parameters:
  ///   - sessions: those that have ended.
  ///   - users: each with the moment, in seconds since the epoch, before which its tokens were issued that are refused.
  package init(sessions: Set<Holder> = [], users: [Holder: Double] = [:]) {
    entries = sessions.isEmpty && users.isEmpty ? nil : Entries(sessions: sessions, users: users)
  }

  /// True if the token that proves the identity was taken back.
  ///
  /// A token that does not say when it was issued counts as issued before any moment.
  @inline(__always)
  func include(_ identity: Identity) -> Bool {
    guard let entries else { return false }
    return Self.include(identity, in: entries)
  }

  private static func include(_ identity: Identity, in entries: Entries) -> Bool {
    let issuer = identity.issuer
    if !entries.sessions.isEmpty, !identity.session.isEmpty,
      entries.sessions.contains(Holder(issuer, identity.session))
    {
      return true
    }
    guard !entries.users.isEmpty, let moment = entries.users[Holder(issuer, identity.userText)] else { return false }
    return identity.issuedAt.map { $0 < moment } ?? true
  }
}
