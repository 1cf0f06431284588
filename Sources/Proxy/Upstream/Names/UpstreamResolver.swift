package import Observability
package import Transport

/// Resolves the names of upstreams' servers again and again, so that requests go where a name leads by now.
///
/// There is one for the process, with a thread of its own for its loop and a few for the system's resolver, which blocks: a name is
/// asked for once, not once by each worker. What it finds is put into ``UpstreamSettings``, and the workers are told.
package actor UpstreamResolver {
  private nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  private let log: ErrorLog
  private let pool: BlockingPool<ArrivalOrder>
  private let ask: @Sendable (String) -> HostAnswer
  private var upstreams: [UpstreamSettings] = []
  private var hosts: [String: Host] = [:]
  private var announce: @Sendable () -> Void = {}

  /// A host that is looked after.
  private struct Host {
    var schedule: HostSchedule
    var isAsking = false
    /// The moments at which it is looked at; none is needed behind the first.
    var wakeUps: Set<MonotonicTime> = []
  }

  /// The number of hosts that are asked for at once.
  ///
  /// A resolver that is down holds up each of them for many seconds.
  private static let threads = 4

  /// Starts the threads.
  ///
  /// - Parameter ask: asks for a host; may block.
  /// - Throws: when there is no descriptor or thread left.
  package init(log: ErrorLog, ask: @escaping @Sendable (String) -> HostAnswer = HostAnswer.ask) throws(SystemError) {
    self.log = log
    self.ask = ask
    pool = try BlockingPool(name: "names", threads: Self.threads, queueLimit: 65_536)
    let loop = try EventLoop()
    self.loop = loop
    try Thread.start(name: "names") { loop.run() }
  }

  // MARK: For any thread

  /// Looks after the names of these from now on, and of no others.
  ///
  /// - Parameters:
  ///   - answers: what was found out just now, for hosts new and old.
  ///   - announce: is called, on the resolver's thread, once at first, and when endpoints of some upstream have become others.
  package nonisolated func watch(
    _ upstreams: [UpstreamSettings], answers: [String: HostAnswer], announce: @escaping @Sendable () -> Void
  ) {
    loop.post { self.assumeIsolated { $0.change(to: upstreams, answers, announce) } }
  }

  /// Resolves a host soon: a connection to one of its addresses has failed.
  nonisolated func hurry(_ host: String) {
    loop.post {
      self.assumeIsolated { resolver in
        resolver.hosts[host]?.schedule.hurry(at: resolver.loop.now)
        resolver.look(after: host)
      }
    }
  }

  // MARK: Rhythm

  private func change(
    to upstreams: [UpstreamSettings], _ answers: [String: HostAnswer], _ announce: @escaping @Sendable () -> Void
  ) {
    self.upstreams = upstreams
    self.announce = announce
    var intervals: [String: Int64] = [:]
    for upstream in upstreams {
      upstream.onFailedConnection { [weak self] host in self?.hurry(host) }
      for host in upstream.hosts { intervals[host] = min(intervals[host] ?? .max, upstream.resolveInterval) }
    }
    let previous = hosts
    hosts = intervals.reduce(into: [:]) { hosts, entry in
      var host =
        previous[entry.key]
        ?? Host(
          schedule: HostSchedule(
            interval: entry.value, isKnown: answers[entry.key]?.problem == nil && answers[entry.key] != nil,
            now: loop.now))
      host.schedule.change(interval: entry.value, now: loop.now)
      if answers[entry.key] == nil { host.schedule.hurry(at: loop.now) }
      hosts[entry.key] = host
    }
    for (host, answer) in answers where hosts[host]?.isAsking == false {
      if case .addresses(let addresses) = answer { adopt(addresses, of: host) }
    }
    for host in hosts.keys { look(after: host) }
    // The last announcement of the upstreams before these may have come later than the start of these.
    announce()
  }

  /// Asks for the host if its time has come, and otherwise comes back when it has.
  private func look(after host: String) {
    guard let state = hosts[host], !state.isAsking else { return }
    let due = state.schedule.due
    guard due > loop.now else { return begin(host) }
    guard !state.wakeUps.contains(where: { $0 <= due }) else { return }
    hosts[host]?.wakeUps.insert(due)
    Task(executorPreference: loop) {
      await self.loop.sleep(until: due)
      await self.wake(for: host, at: due)
    }
  }

  private func wake(for host: String, at moment: MonotonicTime) {
    hosts[host]?.wakeUps.remove(moment)
    look(after: host)
  }

  private func begin(_ host: String) {
    hosts[host]?.isAsking = true
    hosts[host]?.schedule.begin(at: loop.now)
    Task(executorPreference: loop) {
      let answer = await self.pool.run(in: self.loop) { [ask = self.ask] in ask(host) }
      await self.take(answer ?? .failed("too many names are being resolved"), of: host)
    }
  }

  private func take(_ answer: HostAnswer, of host: String) {
    guard let state = hosts[host] else { return }
    hosts[host]?.isAsking = false
    let wasFailing = state.schedule.isFailing
    switch answer {
    case .addresses(let addresses):
      hosts[host]?.schedule.answered(at: loop.now)
      if wasFailing { log.info("the host '\(host)' can be resolved") }
      adopt(addresses, of: host)
    case .denied(let why):
      let counts = hosts[host]?.schedule.denied(at: loop.now) ?? false
      if !wasFailing { noteFailure(why, of: host) }
      if counts { adopt([], of: host) }
    case .failed(let why):
      hosts[host]?.schedule.failed(at: loop.now)
      if !wasFailing { noteFailure(why, of: host) }
    }
    look(after: host)
  }

  // MARK: News

  private func adopt(_ addresses: [SocketAddress], of host: String) {
    var hasMoved = false
    for upstream in upstreams {
      guard let move = upstream.adopt(addresses, of: host) else { continue }
      hasMoved = true
      log.note(move, of: host, in: upstream)
    }
    if hasMoved { announce() }
  }

  private func noteFailure(_ why: String, of host: String) {
    let isKnown = upstreams.contains { $0.hosts.contains(host) && $0.answers[host]?.isEmpty == false }
    let meanwhile =
      isKnown ? "the addresses known before stay in use" : "servers of that name get no requests until it can"
    log.warning("the host '\(host)' can't be resolved: \(why); \(meanwhile)")
  }
}

extension ErrorLog {
  /// Says where a host of an upstream is by now.
  fileprivate func note(_ move: UpstreamSettings.Move, of host: String, in upstream: UpstreamSettings) {
    let gone = move.gone.isEmpty ? "" : "; gone: \(Self.list(move.gone))"
    let name = "upstream '\(upstream.name)': the host '\(host)'"
    if move.addresses.isEmpty {
      warning("\(name) does not exist any more: servers of that name get no requests\(gone)")
    } else {
      info("\(name) has the address\(move.addresses.count == 1 ? "" : "es") \(Self.list(move.addresses))\(gone)")
    }
  }

  private static func list(_ addresses: [SocketAddress]) -> String {
    addresses.map(\.host).joined(separator: ", ")
  }
}
