import Endpoints
import IssuerKeys
import Observability
import Proxy
import Signing
import Transport

/// The threads beside the workers: checks of servers, names of servers, keys.
///
/// Each is started when a configuration first needs it, and goes on with the next configuration.
extension Supervisor {
  /// Starts the checks of servers that the snapshot asks for.
  ///
  /// Returns false if their thread can't be started.
  mutating func startChecks() -> Bool {
    if prober == nil {
      guard snapshot.upstreams.contains(where: { $0.isChecked }) else { return true }
      do throws(SystemError) {
        prober = try HealthProber(log: log)
      } catch {
        log.error("health checks can't start: \(error)")
        return false
      }
    }
    prober?.watch(snapshot.upstreams)
    return true
  }

  /// Starts to watch the files of TLS.
  ///
  /// - Returns: false if the thread could not be started.
  mutating func watchCertificates() -> Bool {
    if certificates == nil {
      guard snapshot.tickets != nil || snapshot.upstreams.contains(where: { $0.tls != nil }) else { return true }
      do throws(SystemError) {
        certificates = try CertificateWatcher(log: log)
      } catch {
        log.error("certificates can't be watched: \(error)")
        return false
      }
    }
    certificates?.watch(snapshot)
    return true
  }

  /// Starts to resolve the names of the snapshot's servers; workers and prober are told of every change.
  ///
  /// - Returns: false if the threads could not be started.
  mutating func startResolving() -> Bool {
    if resolver == nil {
      guard snapshot.upstreams.contains(where: { !$0.hosts.isEmpty }) else { return true }
      do throws(SystemError) {
        resolver = try UpstreamResolver(log: log)
      } catch {
        log.error("names of servers can't be resolved: \(error)")
        return false
      }
    }
    let (workers, prober, upstreams) = (workers, prober, snapshot.upstreams)
    resolver?.watch(upstreams, answers: snapshot.hostAnswers) {
      for worker in workers { worker.loop.post { worker.assumeIsolated { $0.moveServers() } } }
      prober?.watch(upstreams)
    }
    return true
  }

  /// Starts to look after the snapshot's accounts; every worker is told what is revoked.
  ///
  /// - Returns: false if the thread could not be started.
  mutating func watchAccounts() -> Bool {
    if accountWatch == nil {
      guard snapshot.accounts != nil else { return true }
      do throws(SystemError) {
        accountWatch = try AccountWatch(log: log)
      } catch {
        log.error("the accounts can't be looked after: \(error)")
        return false
      }
    }
    let workers = workers
    accountWatch?.watch(snapshot.accounts, audit: sinks.audit) { entries in
      for worker in workers { worker.loop.post { worker.assumeIsolated { $0.revoke(entries) } } }
    }
    return true
  }

  /// Starts the refreshing of keys that the snapshot asks for, and tells every worker when keys have changed.
  func tendKeys() {
    let (workers, log, signing) = (workers, log, snapshot.signing)
    let announce: @Sendable () -> Void = {
      let successor = signing?.successor
      let remaining = Countdown(from: workers.count)
      for worker in workers {
        worker.loop.post {
          worker.assumeIsolated { worker in
            do { try worker.renewKeys() } catch { log.error("a worker keeps its old keys: \(error)") }
          }
          // A key that all workers can verify may sign.
          if remaining.count(), let successor { signing?.settle(on: successor) }
        }
      }
    }
    keeper?.tend(snapshot.issuerSettings.map(\.source), signing: signing, announce: announce) { source, number in
      for worker in workers {
        worker.loop.post { worker.assumeIsolated { $0.fetchEnded(source, number: number) } }
      }
    }
  }
}
