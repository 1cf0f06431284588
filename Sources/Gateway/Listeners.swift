import Configuration
import Glibc
import Observability
import Proxy
import Transport

/// The sockets that the process listens on.
///
/// They are kept from one configuration to the next, so that the ones in both are not touched.
///
/// It holds no sockets: those belong to the workers alone, and close when they listen no more.
struct Listeners {
  struct Entry {
    let tag: ListenerTag
    let asked: NetworkAddress
    /// The address that it was resolved to.
    let resolved: SocketAddress
    /// With the port that the system chose.
    let bound: SocketAddress
    /// Nil for other sockets than those of a path.
    var access: UnixSocketAccess?
  }

  /// One listener that a configuration asks for.
  private struct Wish {
    let access: SocketAccess
    let isAdmin: Bool
  }

  /// The difference between the open listeners and those of a configuration.
  struct Change {
    /// For each worker.
    var added: [[NewListener]]
    var removed: Set<ListenerTag> = []
    /// In the order of the configuration, the admin listener's last.
    fileprivate var entries: [Entry] = []

    /// The settings of a configuration's listeners by their tags.
    func settings(_ listeners: [ListenerSettings]) -> [ListenerTag: ListenerSettings] {
      Dictionary(uniqueKeysWithValues: zip(entries.map(\.tag), listeners))
    }
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
  mutating func change(to configuration: GatewayConfiguration) throws(ConfigurationErrors) -> Change {
    var change = Change(added: Array(repeating: [], count: workerCount))
    var diagnostics: [Diagnostic] = []
    var old = entries
    let wanted =
      configuration.listeners.map { Wish(access: $0.access, isAdmin: false) }
      + (configuration.admin.map { _ in [Wish(access: SocketAccess(), isAdmin: true)] } ?? [])
    let places = SnapshotBuilder.resolveListeners(configuration, &diagnostics)
    for (wish, (place, resolved)) in zip(wanted, places) {
      guard let resolved else { continue }
      let isAdmin = wish.isAdmin
      let access = place.value.isUnix ? wish.access.resolved() : nil
      let kept = old.firstIndex { $0.asked == place.value && $0.resolved == resolved && $0.tag.isAdmin == isAdmin }
      if let kept {
        var entry = old.remove(at: kept)
        entry.access = access
        change.entries.append(entry)
        continue
      }
      tagCount += 1
      let tag = ListenerTag(number: tagCount, isAdmin: isAdmin)
      do throws(SystemError) {
        let bound = try bind(resolved, access, as: tag, for: &change)
        change.entries.append(
          Entry(tag: tag, asked: place.value, resolved: resolved, bound: bound, access: access))
      } catch {
        diagnostics.append(configuration.error(at: place.location, Self.problem(place.value, error)))
      }
    }
    guard diagnostics.isEmpty else { throw ConfigurationErrors(diagnostics: diagnostics) }
    change.removed = Set(old.map(\.tag))
    return change
  }

  /// The message about an address that can't be listened on.
  static func problem(_ address: NetworkAddress, _ error: SystemError) -> String {
    switch address {
    case .tcp(_, let port): problem(address.description, port: port, path: nil, error)
    case .unix(let path): problem(address.description, port: nil, path: path, error)
    }
  }

  /// The message about an address that can't be listened on, with the way out where there is one.
  ///
  /// - Parameters:
  ///   - name: the address as it was written.
  ///   - port: nil for a unix socket.
  ///   - path: nil for any other socket.
  static func problem(_ name: String, port: UInt16?, path: String?, _ error: SystemError) -> String {
    var hint = ""
    if let port {
      if error.code == EACCES, port < 1024 {
        hint =
          "; ports below 1024 take the capability CAP_NET_BIND_SERVICE, as the unit in deploy/ gives it,"
          + " or 'setcap cap_net_bind_service=+ep' on the binary"
      } else if error.code == EADDRNOTAVAIL {
        hint = "; it is no address of this machine"
      }
    }
    if let path, error.code == ENOENT { hint = "; the folder of '\(path)' must be there" }
    return "can't listen on \(name): \(error)\(hint)"
  }

  private func bind(
    _ address: SocketAddress, _ access: UnixSocketAccess?, as tag: ListenerTag, for change: inout Change
  ) throws(SystemError) -> SocketAddress {
    // The kernel would let another gateway share the address, and the clients would be spread over two configurations.
    // What is bound to the port already may be our own, on an address that holds this one or is part of it.
    let isOurs = (entries + change.entries).contains { $0.bound.port == address.port }
    if !isOurs { try ListeningSocket.checkUnused(address) }
    let first = try ListeningSocket(address, access: access)
    for worker in 0..<workerCount {
      // What port 0 has become is the same for all workers; a unix socket is there only once.
      let socket = worker == 0 || address.port == nil ? first : try ListeningSocket(first.address)
      change.added[worker].append(NewListener(tag: tag, socket: socket))
    }
    return first.address
  }

  /// From now on that is what is listened on.
  mutating func adopt(_ change: Change, log: ErrorLog) {
    for entry in entries where change.removed.contains(entry.tag) { log.info("listener closed: \(entry.bound)") }
    let known = entries.reduce(into: [:]) { $0[$1.tag] = $1.access }
    for entry in change.entries where known[entry.tag] != nil && known[entry.tag] != entry.access {
      entry.applyAccess(log: log)
    }
    let knownTags = Set(entries.map(\.tag))
    for entry in change.entries where !knownTags.contains(entry.tag) {
      let asked = entry.asked.description == entry.bound.description ? "" : " (\(entry.asked))"
      log.info("\(entry.tag.isAdmin ? "admin listening on" : "listening on") \(entry.bound)\(asked)")
    }
    entries = change.entries
  }
}

extension Listeners.Entry {
  /// Gives the file of an open socket the rights that are configured now.
  fileprivate func applyAccess(log: ErrorLog) {
    guard case .unix(let path) = bound, let access else { return }
    do throws(SystemError) {
      try access.apply(to: path)
    } catch {
      log.error("the rights of \(bound) can't be changed: \(error)")
    }
  }
}

extension NetworkAddress {
  fileprivate var isUnix: Bool { if case .unix = self { true } else { false } }
}

extension SocketAccess {
  /// The same with the number of the group; a group that is not there was found by ``check(_:)``.
  fileprivate func resolved() -> UnixSocketAccess {
    UnixSocketAccess(mode: mode, group: group.flatMap { UserGroup.number(of: $0.value) })
  }

  /// Finds the groups of listeners that do not exist, or that the gateway's user may not give files to.
  static func check(_ configuration: GatewayConfiguration) -> [Diagnostic] {
    configuration.listeners.compactMap { listener in
      guard let group = listener.access.group else { return nil }
      guard let number = UserGroup.number(of: group.value) else {
        return configuration.error(at: group.location, "there is no group '\(group.value)'")
      }
      guard !UserGroup.mayBeGiven(to: number) else { return nil }
      return configuration.error(
        at: group.location,
        "the socket can't be given to the group '\(group.value)', of which the gateway's user is no member")
    }
  }
}
