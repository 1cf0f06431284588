import Configuration
import Glibc
import Observability
import Proxy
import TLS
import Transport

/// Reads the files of TLS again when they change, those of listeners and those of upstreams, and says which certificates are near their
/// end.
///
/// There is one for the process, with a thread of its own. What can't be used leaves what was read before in force.
actor CertificateWatcher {
  private nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  private let log: ErrorLog
  private var watched: [Watched] = []
  private var lastNotice = 0

  /// A listener or an upstream with TLS, and the files that it is made of.
  private struct Watched {
    let subject: Subject
    let files: [String]
    var watches: [FileWatch]
    /// The last fault, so that it is logged once.
    var fault: String?
  }

  private enum Subject {
    /// With its place among the listeners.
    case listener(ListenerSettings, ListenerTLS, number: Int)
    case upstream(UpstreamSettings, UpstreamTLS)

    /// As messages name it.
    var name: String {
      switch self {
      case .listener(let settings, _, _): "\(settings.configuration.address.value)"
      case .upstream(let settings, _): "upstream '\(settings.name)'"
      }
    }

    var files: [String] {
      switch self {
      case .listener(let settings, _, _): settings.configuration.tls?.files ?? []
      case .upstream(_, let tls): tls.configuration.files
      }
    }

    /// The gateway's own certificates there.
    var pairs: [CertificatePair] {
      switch self {
      case .listener(_, let tls, _): tls.current.pairs
      case .upstream(_, let tls): tls.certificate.map { [$0] } ?? []
      }
    }

    /// The authorities of the clients' certificates; nil where none are asked for.
    var clients: ClientAuthorities? {
      switch self {
      case .listener(_, let tls, _): tls.current.clients
      case .upstream: nil
      }
    }
  }

  private var configuration: GatewayConfiguration?

  /// The interval between two looks at the files.
  private static let interval: Duration = .seconds(1)
  /// The interval between two warnings of one certificate, in seconds.
  private static let noticeInterval = 86_400

  /// Starts the thread.
  ///
  /// - Throws: when there is no descriptor or thread left.
  init(log: ErrorLog) throws(SystemError) {
    self.log = log
    let loop = try EventLoop()
    self.loop = loop
    try Thread.start(name: "certificates") { loop.run() }
    loop.post { self.assumeIsolated { $0.begin() } }
  }

  /// Watches the files of a snapshot's listeners and upstreams, and no others.
  ///
  /// For any thread.
  nonisolated func watch(_ snapshot: Snapshot) {
    loop.post { self.assumeIsolated { $0.change(to: snapshot) } }
  }

  private func begin() { loop.every(Self.interval) { self.assumeIsolated { $0.look() } } }

  private func change(to snapshot: Snapshot) {
    configuration = snapshot.configuration
    lastNotice = Int(loop.unixTime)
    let listeners = snapshot.listeners.enumerated().compactMap { number, listener in
      listener.tls.map { Subject.listener(listener, $0, number: number) }
    }
    let upstreams = snapshot.upstreams.compactMap { upstream in upstream.tls.map { Subject.upstream(upstream, $0) } }
    watched = (listeners + upstreams).map { subject in
      let files = subject.files
      var watches = files.map { _ in FileWatch() }
      // The snapshot has just read them; what changes from now on is seen.
      for index in files.indices { _ = watches[index].mustRead(stamp(files[index]), now: loop.unixTime) }
      return Watched(subject: subject, files: files, watches: watches)
    }
  }

  private func stamp(_ file: String) -> Result<FileStamp, SystemError> {
    Result { () throws(SystemError) in try FileStamp(path: file) }
  }

  private func look() {
    for index in watched.indices { look(at: &watched[index]) }
    let now = Int(loop.unixTime)
    guard now - lastNotice >= Self.noticeInterval else { return }
    lastNotice = now
    var said: Set<String> = []
    for each in watched {
      for pair in each.subject.pairs where said.insert(pair.certificateFile).inserted { note(pair, now: now) }
      if let clients = each.subject.clients, let file = clients.listFile, said.insert(file).inserted {
        note(clients, file, now: now)
      }
    }
  }

  private func note(_ pair: CertificatePair, now: Int) {
    if let fault = pair.fault(at: now) {
      log.error(ListenerTLSReader.text(pair.certificateFile, fault))
    } else if pair.expiry - now < ListenerTLSReader.noticeTime {
      log.warning(ListenerTLSReader.notice(pair, now: now))
    }
  }

  private func note(_ clients: ClientAuthorities, _ file: String, now: Int) {
    guard let expiry = clients.listExpiry, expiry - now < ListenerTLSReader.noticeTime else { return }
    log.warning(ListenerTLSReader.listNotice(file, expiry, now: now))
  }

  private func look(at each: inout Watched) {
    var mustRead = false
    for index in each.files.indices where each.watches[index].mustRead(stamp(each.files[index]), now: loop.unixTime) {
      mustRead = true
    }
    guard mustRead, let configuration else { return }
    switch Self.readAgain(each.subject, of: configuration) {
    case .success(let outcome):
      each.fault = nil
      for warning in outcome.warnings { log.warning(warning.message) }
      if outcome.isNews { log.info("\(each.subject.name): its certificates were read again and are in force") }
    case .failure(let errors):
      // A change may be under way: an error is logged once nothing changes any more.
      let text = errors.diagnostics.map(\.message).joined(separator: "; ")
      guard each.watches.allSatisfy(\.isSettled), each.fault != text else { return }
      each.fault = text
      log.error("\(each.subject.name): \(text); what was read before stays in force")
    }
  }

  /// The outcome of reading files again.
  private struct Rereading {
    /// They say something else than before.
    let isNews: Bool
    let warnings: [Diagnostic]
  }

  /// Puts what the files say now in force.
  private static func readAgain(
    _ subject: Subject, of configuration: GatewayConfiguration
  ) -> Result<Rereading, ConfigurationErrors> {
    switch subject {
    case .listener(let settings, let tls, let number):
      var reader = ListenerTLSReader(configuration, tickets: tls.tickets, takesExpired: false)
      guard let server = reader.read(settings.configuration, number: number) else {
        return .failure(ConfigurationErrors(diagnostics: reader.errors))
      }
      let isNews = server.pairs.map(\.fingerprint) != tls.current.pairs.map(\.fingerprint)
      tls.replace(with: server)
      return .success(Rereading(isNews: isNews, warnings: reader.warnings))
    case .upstream(_, let tls):
      var reader = UpstreamTLSReader(configuration)
      guard let material = reader.read(tls.configuration) else {
        return .failure(ConfigurationErrors(diagnostics: reader.errors))
      }
      return .success(Rereading(isNews: tls.replace(with: material), warnings: reader.warnings))
    }
  }
}

extension ListenerTLSConfiguration {
  /// All files that the listener's TLS is made of.
  var files: [String] {
    var files = certificates.flatMap { [$0.certificate.value, $0.key.value] }
    if let clientCertificates {
      files.append(clientCertificates.ca.value)
      if let list = clientCertificates.crl { files.append(list.value) }
    }
    return files
  }
}
