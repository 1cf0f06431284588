/// The part that a signing key plays at the moment.
///
///     next ──rotate──▶ current ──rotate──▶ previous ──time──▶ gone
///       └─────────────────┴────────revoke─────────┴───────────▶ gone
///
/// A key is published in all three, so that every verifier knows it before the first one is signed with it, and until the last one
/// has expired.
package enum KeyState: String, Sendable, Hashable, CaseIterable {
  /// Signs from the next rotation on.
  case next
  /// Signs.
  case current
  /// Signs no more; some of its signatures still count.
  case previous
}

/// The record of a signing key, without the key itself.
package struct KeyRecord: Sendable, Hashable {
  /// The `kid`, and the name of its file.
  package let identifier: String
  /// The algorithm that it signs with, by its name in tokens.
  package let algorithm: String
  package internal(set) var state: KeyState
  /// The beginning of this state, in seconds since 1970.
  package internal(set) var since: Int
  /// The time from which nothing that it has signed is good any more, in seconds since 1970; nil unless it is `previous`.
  package internal(set) var until: Int?
  /// The longest time that anything signed with it is good for, in seconds.
  package internal(set) var lifetime: Int

  /// The latest moment at which a token may have been issued that this key verifies, in seconds since 1970; nil for any moment.
  ///
  /// A previous key verifies nothing newer than its retirement and the time that a rotation takes to reach every gateway: a copy of
  /// it makes no tokens after it was rotated away.
  package var lastIssue: Int? {
    state == .previous ? since.addingReportingOverflow(KeyRing.handover).partialValue : nil
  }

  /// True once nothing that it has signed can be good any more.
  package func isOver(at now: Int) -> Bool { until.map { $0 <= now } ?? false }
}

/// The signing keys that belong together, and the only changes that there are to them.
///
/// 1. There is exactly one `current` and exactly one `next` key.
/// 2. No two have the same identifier.
/// 3. A key becomes `current` only after it was `next`, but for the first one of all and the first one after all were revoked.
/// 4. A `previous` key is dropped only when its time is over, or when it is revoked.
/// 5. A key that is revoked is never seen again, in any state.
package struct KeyRing: Sendable, Hashable {
  /// `next`, `current`, then those before, the latest first.
  package private(set) var records: [KeyRecord]

  /// The time that a key stays after its last token has expired, in seconds.
  package static let margin = 60

  /// The longest time from a rotation until all gateways sign with the new key, in seconds.
  package static let handover = 3

  /// A key that was just made.
  package struct NewKey: Sendable {
    package let identifier: String
    package let algorithm: String

    /// - Parameter identifier: letters, digits, `-` and `_`.
    package init(identifier: String, algorithm: String) {
      self.identifier = identifier
      self.algorithm = algorithm
    }
  }

  /// The first two keys: of all, or after all others were revoked.
  init(current: NewKey, next: NewKey, lifetime: Int, now: Int) {
    records = [
      KeyRecord(next, .next, since: now, lifetime: lifetime),
      KeyRecord(current, .current, since: now, lifetime: lifetime),
    ]
  }

  /// Nil if the records break a rule.
  init?(records: [KeyRecord]) {
    let states = records.map(\.state)
    guard states.prefix(2) == [.next, .current], states.dropFirst(2).allSatisfy({ $0 == .previous }),
      records.allSatisfy({ ($0.state == .previous) == ($0.until != nil) }),
      Set(records.map(\.identifier)).count == records.count
    else { return nil }
    self.records = records
  }

  package var next: KeyRecord { records[0] }
  package var current: KeyRecord { records[1] }

  /// The keys that others should know.
  package func published(at now: Int) -> [KeyRecord] { records.filter { !$0.isOver(at: now) } }

  /// `next` becomes `current`, `current` becomes `previous`, and a new key `next`.
  ///
  /// - Parameter lifetime: how long signatures count now, in seconds; signatures that were made while it was longer still count.
  mutating func rotate(next fresh: NewKey, lifetime: Int, now: Int) {
    var retired = current
    retired.state = .previous
    retired.until = now.addingReportingOverflow(max(retired.lifetime, lifetime) + Self.margin).partialValue
    retired.since = now
    let before = records.dropFirst(2)
    records = [KeyRecord(fresh, .next, since: now, lifetime: lifetime), promoted(lifetime, now), retired] + before
    dropWhatIsOver(now: now)
  }

  /// Drops one key and everything that it has signed; nothing if there is no such key.
  ///
  /// - Parameter fresh: makes a key; called if the one dropped was `next`, or `current`, whose place `next` takes.
  mutating func revoke<Failure: Error>(
    _ identifier: String, lifetime: Int, now: Int, fresh: () throws(Failure) -> NewKey
  ) throws(Failure) {
    guard let revoked = records.first(where: { $0.identifier == identifier }) else { return }
    switch revoked.state {
    case .next: records[0] = KeyRecord(try fresh(), .next, since: now, lifetime: lifetime)
    case .current:
      let following = KeyRecord(try fresh(), .next, since: now, lifetime: lifetime)
      records = [following, promoted(lifetime, now)] + records.dropFirst(2)
    case .previous: records.removeAll { $0.identifier == identifier }
    }
    dropWhatIsOver(now: now)
  }

  /// `next` as it is once it signs.
  private func promoted(_ lifetime: Int, _ now: Int) -> KeyRecord {
    var promoted = next
    promoted.state = .current
    promoted.since = now
    promoted.lifetime = max(promoted.lifetime, lifetime)
    return promoted
  }

  /// Another key in the place of `next`, which has signed nothing.
  mutating func replaceNext(with fresh: NewKey, lifetime: Int, now: Int) {
    records[0] = KeyRecord(fresh, .next, since: now, lifetime: lifetime)
    dropWhatIsOver(now: now)
  }

  /// Forgets the keys that nothing needs any more.
  mutating func dropWhatIsOver(now: Int) { records.removeAll { $0.isOver(at: now) } }

  /// Notes that what is signed from now on may be good for that long.
  mutating func note(lifetime: Int) {
    for place in 0...1 { records[place].lifetime = max(records[place].lifetime, lifetime) }
  }
}

extension KeyRecord {
  fileprivate init(_ key: KeyRing.NewKey, _ state: KeyState, since: Int, lifetime: Int) {
    self.init(
      identifier: key.identifier, algorithm: key.algorithm, state: state, since: since, until: nil, lifetime: lifetime)
  }
}
