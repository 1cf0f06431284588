import Configuration
import Glibc
import JSON
import Signing
import TLS

/// Reads the files of a TLS listener, and says what is wrong with them.
///
/// Blocks; not for a worker's thread.
struct ListenerTLSReader {
  let configuration: GatewayConfiguration
  /// The keys of tickets, which all listeners share.
  let tickets: TicketKeys
  /// True at a start: an expired certificate is an error in the log, but serves.
  ///
  /// One expired certificate must not take every site down.
  let takesExpired: Bool
  private(set) var errors: [Diagnostic] = []
  private(set) var warnings: [Diagnostic] = []

  /// The time before its end at which a certificate is warned about, in seconds.
  static let noticeTime = 14 * 86_400

  init(_ configuration: GatewayConfiguration, tickets: TicketKeys, takesExpired: Bool) {
    self.configuration = configuration
    self.tickets = tickets
    self.takesExpired = takesExpired
  }

  /// Everything that a listener's handshakes need; nil if there were errors.
  /// - Parameter number: its place among the listeners.
  mutating func read(_ listener: ListenerConfiguration, number: Int) -> ServerTLS? {
    guard let tls = listener.tls else { return nil }
    let before = errors.count
    let pairs = tls.certificates.compactMap { pair($0) }
    let clients = tls.clientCertificates.flatMap { authorities($0) }
    guard errors.count == before else { return nil }
    var settings = ServerTLSSettings(pairs: pairs, listener: Self.identity(of: listener, number: number))
    settings.takesTLS12 = tls.minimumVersion == .tls12
    settings.clients = clients
    settings.isStrict = tls.isStrictSNI
    settings.tickets = tls.hasTickets ? tickets : nil
    do throws(ServerTLS.Fault) {
      return try ServerTLS(settings)
    } catch {
      let place = tls.certificates[error.pair].certificate
      errors.append(problem(place, error.fault))
      return nil
    }
  }

  /// The name by which sessions are bound to a listener: its address, or its place where the kernel chooses the port.
  private static func identity(of listener: ListenerConfiguration, number: Int) -> String {
    guard case .tcp(_, 0) = listener.address.value else { return listener.address.value.description }
    return "\(listener.address.value) \(number)"
  }

  private mutating func pair(_ files: CertificateFiles) -> CertificatePair? {
    let now = time(nil)
    do throws(CertificatePair.Fault) {
      let pair = try CertificatePair(
        certificate: files.certificate.value, key: files.key.value, now: now, takesExpired: takesExpired)
      if let fault = pair.fault(at: now) {
        let severity: Diagnostic.Severity = if case .expired = fault { .error } else { .warning }
        warnings.append(
          Diagnostic(
            severity: severity, file: configuration.fileName, location: files.certificate.location,
            message: Self.text(files.certificate.value, fault)))
      } else if pair.expiry - now < Self.noticeTime {
        warnings.append(configuration.warning(at: files.certificate.location, Self.notice(pair, now: now)))
      }
      if let exposure = SecretFile.exposure(of: files.key.value) {
        warnings.append(configuration.warning(at: files.key.location, exposure))
      }
      if pair.hasSlowKey {
        warnings.append(
          configuration.warning(
            at: files.key.location,
            "'\(files.key.value)': an RSA key of more than 3,072 bits takes milliseconds for each handshake; a P-256 key takes a tenth of that"
          ))
      }
      return pair
    } catch {
      errors.append(problem(error.isInKey ? files.key : files.certificate, error.fault))
      return nil
    }
  }

  private mutating func authorities(_ clients: ClientCertificatesConfiguration) -> ClientAuthorities? {
    do throws(ClientAuthorities.Fault) {
      let authorities = try ClientAuthorities(
        file: clients.ca.value, list: clients.crl?.value, isRequired: clients.mode == .required)
      if let list = clients.crl, let expiry = authorities.listExpiry, expiry - time(nil) < Self.noticeTime {
        warnings.append(configuration.warning(at: list.location, Self.listNotice(list.value, expiry, now: time(nil))))
      }
      return authorities
    } catch {
      errors.append(problem(error.isInList ? clients.crl ?? clients.ca : clients.ca, error.fault))
      return nil
    }
  }

  private func problem(_ file: Located<String>, _ fault: TLSFileFault) -> Diagnostic {
    configuration.error(at: file.location, Self.text(file.value, fault))
  }

  static func text(_ file: String, _ fault: TLSFileFault) -> String { "'\(file)' can't be used: \(fault.text)" }

  /// The warning that a certificate is near its end.
  static func notice(_ pair: CertificatePair, now: Int) -> String {
    "'\(pair.certificateFile)': its certificate expires on \(TLSFileFault.date(pair.expiry)), in \(days(pair.expiry - now)): get a new one"
  }

  /// The warning that a list of revoked certificates is near its end, or past it.
  static func listNotice(_ file: String, _ expiry: Int, now: Int) -> String {
    expiry < now
      ? "'\(file)': the list of revoked certificates ended on \(TLSFileFault.date(expiry)): every client certificate is refused until there is a new one"
      : "'\(file)': the list of revoked certificates ends on \(TLSFileFault.date(expiry)), in \(days(expiry - now)); after that every client certificate is refused"
  }

  private static func days(_ seconds: Int) -> String {
    let days = seconds / 86_400
    return days == 1 ? "1 day" : "\(days) days"
  }
}
