import Configuration
import Glibc
import Observability
import Proxy
import TLS
import Transport

/// Reads the files of TLS listeners again when they change, and says which certificates are near their end.
///
/// There is one for the process, with a thread of its own. What can't be used leaves what was read before in force.
actor CertificateWatcher {
  private nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  private let log: ErrorLog
  private var watched: [Watched] = []
  private var lastNotice = 0

  /// A listener with TLS, and the files that it is made of.
  private struct Watched {
    let listener: ListenerSettings
    /// Its place among the listeners.
    let number: Int
    let tls: ListenerTLS
    let files: [String]
    var watches: [FileWatch]
    /// The last fault, so that it is logged once.
    var fault: String?
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

  /// Watches the files of a snapshot's listeners, and no others.
  ///
  /// For any thread.
  nonisolated func watch(_ snapshot: Snapshot) {
    loop.post { self.assumeIsolated { $0.change(to: snapshot) } }
  }

  private func begin() { loop.every(Self.interval) { self.assumeIsolated { $0.look() } } }

  private func change(to snapshot: Snapshot) {
    configuration = snapshot.configuration
    lastNotice = Int(loop.unixTime)
    watched = snapshot.listeners.enumerated().compactMap { number, listener in
      guard let tls = listener.tls, let files = listener.configuration.tls?.files else { return nil }
      var watches = files.map { _ in FileWatch() }
      // The snapshot has just read them; what changes from now on is seen.
      for index in files.indices { _ = watches[index].mustRead(stamp(files[index]), now: loop.unixTime) }
      return Watched(listener: listener, number: number, tls: tls, files: files, watches: watches)
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
      for pair in each.tls.current.pairs where said.insert(pair.certificateFile).inserted { note(pair, now: now) }
    }
  }

  private func note(_ pair: CertificatePair, now: Int) {
    if let fault = pair.fault(at: now) {
      log.error(ListenerTLSReader.text(pair.certificateFile, fault))
    } else if pair.expiry - now < ListenerTLSReader.noticeTime {
      log.warning(ListenerTLSReader.notice(pair, now: now))
    }
  }

  private func look(at each: inout Watched) {
    var mustRead = false
    for index in each.files.indices where each.watches[index].mustRead(stamp(each.files[index]), now: loop.unixTime) {
      mustRead = true
    }
    guard mustRead, let configuration else { return }
    var reader = ListenerTLSReader(configuration, tickets: each.tls.tickets, takesExpired: false)
    if let server = reader.read(each.listener.configuration, number: each.number) {
      let isNews = server.pairs.map(\.fingerprint) != each.tls.current.pairs.map(\.fingerprint)
      each.tls.replace(with: server)
      each.fault = nil
      if isNews {
        log.info("\(each.listener.configuration.address.value): its certificates were read again and are in force")
      }
    } else {
      // A change may be under way: an error is logged once nothing changes any more.
      let text = reader.errors.map(\.message).joined(separator: "; ")
      guard each.watches.allSatisfy(\.isSettled), each.fault != text else { return }
      each.fault = text
      log.error("\(each.listener.configuration.address.value): \(text); what was read before stays in force")
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
