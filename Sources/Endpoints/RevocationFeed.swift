import Accounts
package import Policy
import Synchronization

/// The revocations of the accounts' database, in the form in which tokens are judged by them.
///
/// For any thread that may block.
package final class RevocationFeed: Sendable {
  private let state: Mutex<State>
  /// The `iss` of the accounts' tokens; nil for none.
  private let issuer: String?

  private struct State {
    let reader: RevocationReader
    var initial: [Revocations.Entry]
  }

  /// Reads everything that is revoked by now.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Throws: ``AccountsError``.
  init(path: String, issuer: String?, now: Double) throws(AccountsError) {
    self.issuer = issuer
    let reader = try RevocationReader(path: path)
    let initial = try reader.readNew(now: now).map { Revocations.Entry($0, of: issuer) }
    state = Mutex(State(reader: reader, initial: initial))
  }

  /// True if the entries are those of accounts whose tokens have that `iss`.
  func isFor(_ issuer: String?) -> Bool {
    switch (issuer, self.issuer) {
    case (nil, nil): true
    case (let one?, let other?): one.utf8.elementsEqual(other.utf8)
    case (nil, _?), (_?, nil): false
    }
  }

  /// The revocations when the feed was made; none after ``releaseInitial()``.
  package var initial: [Revocations.Entry] { state.withLock { $0.initial } }

  /// Gives the memory of ``initial`` back, once every worker has read it.
  package func releaseInitial() { state.withLock { $0.initial = [] } }

  /// The revocations since the last call.
  ///
  /// - Throws: ``AccountsError``.
  func readNew(now: Double) throws(AccountsError) -> [Revocations.Entry] {
    try state.withLock { state throws(AccountsError) in
      try state.reader.readNew(now: now).map { Revocations.Entry($0, of: issuer) }
    }
  }
}

extension Revocations.Entry {
  /// - Parameter issuer: that of the accounts.
  init(_ revocation: Revocation, of issuer: String?) {
    let moment = Double(revocation.moment) / 1000
    let expires = revocation.expires.map { Double($0) / 1000 } ?? .infinity
    switch revocation.subject {
    case .session(let id):
      self.init(Revocations.Holder(issuer: issuer, name: id), .session, expires: expires)
    case .user(let name):
      self.init(Revocations.Holder(issuer: issuer, name: name), .userWithoutSession(before: moment), expires: expires)
    case .foreignUser(let other, let subject):
      self.init(Revocations.Holder(issuer: other, name: subject), .user(before: moment), expires: expires)
    }
  }
}
