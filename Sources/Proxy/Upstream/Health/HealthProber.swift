import Configuration
import HTTP
package import Observability
package import Transport

/// Asks the servers of upstreams with a `health_check` how they are, at intervals.
///
/// There is one for the process, with a thread of its own: servers are asked once, not once by each worker, and a worker that has
/// much to do doesn't take its own slowness for theirs.
package actor HealthProber {
  private nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  private let log: ErrorLog
  private var random = RandomSource()
  /// The endpoints that are checked: those that the upstreams with checks have by now.
  private var watched: [Watched] = []

  private struct Watched {
    let upstream: UpstreamSettings
    let endpoint: UpstreamEndpoint
  }

  /// Starts the thread.
  ///
  /// - Throws: when there is no descriptor or thread left.
  package init(log: ErrorLog) throws(SystemError) {
    self.log = log
    let loop = try EventLoop()
    self.loop = loop
    try Thread.start(name: "health checks") { loop.run() }
  }

  /// Checks the endpoints that these have by now, and no others.
  ///
  /// For any thread. Those that were checked before keep their rhythm.
  package nonisolated func watch(_ upstreams: [UpstreamSettings]) {
    loop.post { self.assumeIsolated { $0.change(to: upstreams.filter { $0.healthRules.check != nil }) } }
  }

  private func change(to upstreams: [UpstreamSettings]) {
    let previous = watched
    watched = upstreams.flatMap { upstream in
      upstream.table.endpoints.map { Watched(upstream: upstream, endpoint: $0) }
    }
    for fresh in watched where !previous.contains(where: { $0.endpoint === fresh.endpoint }) {
      Task(executorPreference: loop) { await self.watch(fresh.endpoint, of: fresh.upstream) }
    }
  }

  /// The life of an endpoint's checks.
  private func watch(_ endpoint: UpstreamEndpoint, of upstream: UpstreamSettings) async {
    guard let check = upstream.healthRules.check else { return }
    let probe = HealthProbe(check, of: endpoint.server, tls: upstream.tls, loop: loop)
    let interval = check.interval.wholeNanoseconds
    // Servers are spread over a part of the interval, and never fall into step.
    var next = loop.now.advanced(byNanoseconds: Int64(random.next(below: UInt64(interval / 10 + 1))))
    while true {
      await loop.sleep(until: next)
      guard isWatched(endpoint) else { return }
      next = loop.now.advanced(byNanoseconds: interval - interval / 10)
        .advanced(byNanoseconds: Int64(random.next(below: UInt64(interval / 5 + 1))))
      let failure = await ask(endpoint, probe, check)
      // It may be gone by now.
      guard isWatched(endpoint) else { return }
      if failure != nil { upstream.connectionFailed(to: endpoint, at: loop.now) }
      if let change = endpoint.monitor.checked(passed: failure == nil) {
        log.note(change, of: endpoint, in: upstream, why: failure)
      }
    }
  }

  private func isWatched(_ endpoint: UpstreamEndpoint) -> Bool { watched.contains { $0.endpoint === endpoint } }

  /// One check: what was wrong, nil if nothing.
  private func ask(_ endpoint: UpstreamEndpoint, _ probe: HealthProbe, _ check: HealthCheck) async -> String? {
    do throws(ProbeFailure) {
      let status = try await probe.ask(endpoint.address, until: loop.now.advanced(by: check.timeout))
      return check.accepts(status) ? nil : "it answered \(status)"
    } catch {
      return error.text
    }
  }
}

extension RandomSource {
  /// A number below the bound, which is at least 1.
  mutating func next(below bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }
}
