import Bytes
import Configuration
import HTTP
import Transport

/// Asks the servers of upstreams with a `health_check` how they are, at intervals.
///
/// There is one for the process, with a thread of its own: servers are asked once, not once by each worker, and a worker that has
/// much to do doesn't take its own slowness for theirs.
actor HealthProber {
  private nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  private let log: GatewayLog
  private let buffers = BufferPool()
  private var random = RandomSource()
  private var watched: [UpstreamSettings] = []

  /// Starts the thread.
  ///
  /// - Throws: when there is no descriptor or thread left.
  init(log: GatewayLog) throws(SystemError) {
    self.log = log
    let loop = try EventLoop()
    self.loop = loop
    try Thread.start(name: "health checks") { loop.run() }
  }

  /// Checks these from now on, and no others.
  ///
  /// For any thread. Those that were checked before keep their rhythm.
  nonisolated func watch(_ upstreams: [UpstreamSettings]) {
    loop.post { self.assumeIsolated { $0.change(to: upstreams.filter { $0.healthRules.check != nil }) } }
  }

  private func change(to upstreams: [UpstreamSettings]) {
    let fresh = upstreams.filter { upstream in !watched.contains { $0 === upstream } }
    watched = upstreams
    for upstream in fresh {
      for server in upstream.servers.indices {
        Task(executorPreference: loop) { await self.watch(server, of: upstream) }
      }
    }
  }

  /// The life of a server's checks.
  private func watch(_ server: Int, of upstream: UpstreamSettings) async {
    guard let check = upstream.healthRules.check else { return }
    let interval = check.interval.wholeNanoseconds
    // Servers are spread over a part of the interval, and never fall into step.
    var next = loop.now.advanced(byNanoseconds: Int64(random.next(below: UInt64(interval / 10 + 1))))
    while true {
      await loop.sleep(until: next)
      guard watched.contains(where: { $0 === upstream }) else { return }
      next = loop.now.advanced(byNanoseconds: interval - interval / 10)
        .advanced(byNanoseconds: Int64(random.next(below: UInt64(interval / 5 + 1))))
      let failure = await ask(server, of: upstream, deadline: loop.now.advanced(by: check.timeout))
      if let change = upstream.health.checked(server, passed: failure == nil) {
        log.note(change, of: server, in: upstream, why: failure)
      }
    }
  }

  /// One check: what was wrong, nil if nothing.
  private func ask(_ server: Int, of upstream: UpstreamSettings, deadline: MonotonicTime) async -> String? {
    let server = upstream.servers[server]
    var failure = "it has no address"
    for address in server.addresses {
      do throws(ProbeFailure) {
        let status = try await HealthProbe(
          target: upstream.healthRules.check?.target ?? "/", authority: server.authority, deadline: deadline,
          loop: loop,
          buffers: buffers
        ).ask(address)
        return 200..<400 ~= status ? nil : "it answered \(status)"
      } catch {
        failure = error.text
      }
    }
    return failure
  }
}

extension RandomSource {
  /// A number below the bound, which is at least 1.
  mutating func next(below bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }
}
