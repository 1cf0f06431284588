import Configuration
import Transport

/// What a worker knows a listener by: a number that no other one has had, and whom it is for.
struct ListenerTag: Sendable, Hashable, RawRepresentable {
  let rawValue: Int

  init(rawValue: Int) { self.rawValue = rawValue }

  init(number: Int, isAdmin: Bool) { rawValue = number << 1 | (isAdmin ? 1 : 0) }

  /// Whether those who operate the gateway come here, not its clients.
  var isAdmin: Bool { rawValue & 1 == 1 }
}

/// A bound socket on its way to a worker.
struct NewListener: Sendable {
  let tag: ListenerTag
  let socket: ListeningSocket
}

/// What the process listens on: kept from one configuration to the next, so that what both ask for is not touched.
///
/// It holds no sockets: those belong to the workers alone, and close when they listen no more.
struct Listeners {
  struct Entry {
    let tag: ListenerTag
    let asked: NetworkAddress
    /// What that stood for.
    let resolved: SocketAddress
    /// With the port that the system chose.
    let bound: SocketAddress
  }

  /// How to get from what is listened on to what a configuration asks for.
  struct Change {
    /// For each worker.
    var added: [[NewListener]]
    var removed: Set<ListenerTag> = []
    fileprivate var entries: [Entry] = []
  }

  private let workerCount: Int
  private var entries: [Entry] = []
  private var tagCount = 0

  init(workerCount: Int) { self.workerCount = workerCount }

  /// Binds what is new.
  ///
  /// Nothing has changed before ``adopt(_:log:)``; a change that is dropped closes what it has bound.
  ///
  /// - Throws: every address that can't be listened on.
  mutating func change(to configuration: GatewayConfiguration) throws(SnapshotErrors) -> Change {
    var change = Change(added: Array(repeating: [], count: workerCount))
    var diagnostics: [Diagnostic] = []
    var old = entries
    let wanted =
      configuration.listeners.map { (address: $0.address, isAdmin: false) }
      + (configuration.admin.map { [(address: $0.address, isAdmin: true)] } ?? [])
    for (place, isAdmin) in wanted {
      // A name may stand for several addresses: one socket for each would be a surprise, so the first is it.
      guard let resolved = SnapshotBuilder.resolve(place, configuration, &diagnostics).first else { continue }
      let kept = old.firstIndex { $0.asked == place.value && $0.resolved == resolved && $0.tag.isAdmin == isAdmin }
      if let kept {
        change.entries.append(old.remove(at: kept))
        continue
      }
      tagCount += 1
      let tag = ListenerTag(number: tagCount, isAdmin: isAdmin)
      do throws(SystemError) {
        let bound = try bind(resolved, as: tag, for: &change)
        change.entries.append(Entry(tag: tag, asked: place.value, resolved: resolved, bound: bound))
      } catch {
        diagnostics.append(configuration.error(at: place.location, "can't listen on \(place.value): \(error)"))
      }
    }
    guard diagnostics.isEmpty else { throw SnapshotErrors(diagnostics: diagnostics) }
    change.removed = Set(old.map(\.tag))
    return change
  }

  private func bind(
    _ address: SocketAddress, as tag: ListenerTag, for change: inout Change
  ) throws(SystemError) -> SocketAddress {
    // The kernel would let another gateway share the address, and the clients would be spread over two configurations.
    // What is bound to the port already may be our own, on an address that holds this one or is part of it.
    let isOurs = (entries + change.entries).contains { $0.bound.port == address.port }
    if !isOurs { try ListeningSocket.checkUnused(address) }
    let first = try ListeningSocket(address)
    for worker in 0..<workerCount {
      // What port 0 has become is the same for all workers; a unix socket is there only once.
      let socket = worker == 0 || address.port == nil ? first : try ListeningSocket(first.address)
      change.added[worker].append(NewListener(tag: tag, socket: socket))
    }
    return first.address
  }

  /// From now on that is what is listened on.
  mutating func adopt(_ change: Change, log: GatewayLog) {
    for entry in entries where change.removed.contains(entry.tag) { log.info("listener closed: \(entry.bound)") }
    let known = Set(entries.map(\.tag))
    for entry in change.entries where !known.contains(entry.tag) {
      let asked = entry.asked.description == entry.bound.description ? "" : " (\(entry.asked))"
      log.info("\(entry.tag.isAdmin ? "admin listening on" : "listening on") \(entry.bound)\(asked)")
    }
    entries = change.entries
  }
}
