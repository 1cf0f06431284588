import Configuration

/// The failures of logins by account and network, and the delays that they started: a value that knows no clock and no lock.
///
/// Bounded: 32,768 records of accounts and 4,096 of networks, with default settings at most 12 MiB. A record costs whoever causes it
/// a password's hash, and two threads make fewer hashes in a window than there is room for; should the table fill up all the same,
/// the records that were not used for longest go first, those with a running delay last.
///
/// All times are nanoseconds of one monotonic clock.
struct ThrottleTable {
  let policy: ThrottlePolicy
  private var accounts: [AccountKey: FailureRecord] = [:]
  private var networks: [ClientNetwork: FailureRecord] = [:]

  /// The most records of each kind.
  let accountLimit: Int
  let networkLimit: Int

  /// The outcome of a login.
  enum Outcome {
    case success
    case failure
    /// The password was not judged.
    case abandoned
  }

  struct AccountKey: Hashable {
    /// Nil for all that comes from the network.
    let name: String?
    let network: ClientNetwork
  }

  /// The records that have changed since a database was last told of them.
  private(set) var changed: Set<AccountKey> = []

  init(policy: ThrottlePolicy, accountLimit: Int = 32_768, networkLimit: Int = 4_096) {
    self.policy = policy
    self.accountLimit = accountLimit
    self.networkLimit = networkLimit
  }

  /// The number of records.
  var count: Int { accounts.count + networks.count }

  /// Admits a login and counts it as under way, or says for how many seconds it has to wait.
  mutating func admit(_ name: String, from network: ClientNetwork, now: Int64) -> Int? {
    let key = AccountKey(name: name, network: network)
    var account = accounts[key] ?? FailureRecord(now: now)
    var origin = networks[network] ?? FailureRecord(now: now)
    let waits = [
      account.wait(budget: policy.failures, policy: policy, now: now),
      origin.wait(budget: networkBudget, policy: policy, now: now),
    ]
    if let longest = waits.compactMap(\.self).max() {
      return Int((longest + ThrottlePolicy.second - 1) / ThrottlePolicy.second)
    }
    account.admit(now: now)
    origin.admit(now: now)
    if accounts[key] == nil { Self.makeRoom(in: &accounts, limit: accountLimit, policy: policy, now: now) }
    if networks[network] == nil { Self.makeRoom(in: &networks, limit: networkLimit, policy: policy, now: now) }
    accounts[key] = account
    networks[network] = origin
    return nil
  }

  /// Notes that a login was refused; true if it is the first of the account's delay from that network.
  mutating func noteRefusal(of name: String, from network: ClientNetwork) -> Bool {
    let key = AccountKey(name: name, network: network)
    if var record = accounts[key], record.hasFailures {
      defer { accounts[key] = record }
      return record.noteRefusal()
    }
    guard var record = networks[network] else { return false }
    defer { networks[network] = record }
    return record.noteRefusal()
  }

  /// Counts how a login that was admitted has gone.
  mutating func settle(_ name: String, from network: ClientNetwork, _ outcome: Outcome, now: Int64) {
    let key = AccountKey(name: name, network: network)
    var account = accounts[key] ?? FailureRecord(now: now)
    var origin = networks[network] ?? FailureRecord(now: now)
    account.settle()
    origin.settle()
    switch outcome {
    case .success:
      account.clear()
    case .failure:
      account.fail(budget: policy.failures, policy: policy, now: now)
      origin.fail(budget: networkBudget, policy: policy, now: now)
    case .abandoned:
      break
    }
    switch outcome {
    case .success: if accounts[key]?.hasFailures == true { changed.insert(key) }
    case .failure: changed.formUnion([key, AccountKey(name: nil, network: network)])
    case .abandoned: break
    }
    accounts[key] = account.isBlank(policy, now: now) ? nil : account
    networks[network] = origin.isBlank(policy, now: now) ? nil : origin
  }

  /// The records that have changed since the last call, for a database.
  ///
  /// - Parameter time: makes a time of a clock that goes on of one of this table.
  mutating func takeChanges(_ time: (Int64) -> Int64) -> [StoredFailures] {
    defer { changed = [] }
    return changed.map { key in
      let record = key.name == nil ? networks[key.network] : accounts[key]
      return record?.stored(account: key.name, network: key.network, policy: policy, time)
        ?? StoredFailures(
          account: key.name, network: key.network.text, times: [], level: 0, delayedUntil: nil, lastUse: 0, until: 0)
    }
  }

  /// Takes over what a database has kept.
  ///
  /// - Parameter time: makes a time of this table of one that the database has.
  mutating func restore(_ records: [StoredFailures], _ time: (Int64) -> Int64) {
    for stored in records {
      guard let network = ClientNetwork(text: stored.network) else { continue }
      if let name = stored.account {
        guard accounts.count < accountLimit else { continue }
        accounts[AccountKey(name: name, network: network)] = FailureRecord(stored, time)
      } else {
        guard networks.count < networkLimit else { continue }
        networks[network] = FailureRecord(stored, time)
      }
    }
  }

  /// The failure that completes the number starts the delay of a network, where an account's has it free.
  private var networkBudget: Int { policy.networkFailures - 1 }

  /// Drops what has expired, then, if that isn't an eighth of the room, what was not used for longest.
  private static func makeRoom<Key>(
    in records: inout [Key: FailureRecord], limit: Int, policy: ThrottlePolicy, now: Int64
  ) {
    guard records.count >= limit else { return }
    for key in Array(records.keys) where records[key]?.isBlank(policy, now: now) ?? false { records[key] = nil }
    let excess = records.count - limit / 8 * 7
    guard excess > 0 else { return }
    let candidates = records.filter { $0.value.pending == 0 }.sorted { left, right in
      let (a, b) = (left.value.isDelayed(now: now), right.value.isDelayed(now: now))
      return a == b ? left.value.lastUse < right.value.lastUse : !a
    }
    for (key, _) in candidates.prefix(excess) { records[key] = nil }
  }
}
