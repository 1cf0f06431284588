import HTTP
import JSON

extension Loading {
  /// `tls` of a listener or of `admin`.
  func listenerTLS(_ value: LocatedJSON?) -> ListenerTLSConfiguration? {
    guard let value, let reader = object(value, .tls) else { return nil }
    var tls = ListenerTLSConfiguration(location: value.location)
    tls.certificates = certificates(reader)
    if let version = tlsVersion(reader["min_version"]) { tls.minimumVersion = version }
    tls.clientCertificates = clientCertificates(reader["client_certificates"])
    if let isStrict = bool(reader["strict_sni"]) { tls.isStrictSNI = isStrict }
    if let hasTickets = bool(reader["tickets"]) { tls.hasTickets = hasTickets }
    tls.hsts = wholeSeconds(reader["hsts"], from: .zero)
    // One without a certificate has an error; nobody may look at it as if it had some.
    return tls.certificates.isEmpty ? nil : tls
  }

  private func certificates(_ reader: ObjectReader) -> [CertificateFiles] {
    guard let value = reader["certificates"] else {
      // One with `acme` will need none.
      if reader["acme"] == nil {
        error(
          at: reader.location,
          "'certificates' is missing: name the files, such as [{\"certificate\": \"tls/site.pem\", \"key\": \"tls/site.key\"}]"
        )
      }
      return []
    }
    var certificates: [CertificateFiles] = []
    for entry in nonEmptyList(value) ?? [] {
      guard let reader = object(entry, .certificate) else { continue }
      let certificate = path(required("certificate", of: reader))
      let key = path(required("key", of: reader))
      guard let certificate, let key else { continue }
      if let twin = certificates.first(where: { $0.certificate.value.equalsExactly(certificate.value) }) {
        error(
          at: certificate.location,
          "'\(certificate.value)' is listed already, at \(Self.place(twin.certificate.location))")
      } else {
        certificates.append(CertificateFiles(certificate: certificate, key: key))
      }
    }
    return certificates
  }

  private func clientCertificates(_ value: LocatedJSON?) -> ClientCertificatesConfiguration? {
    guard let value, let reader = object(value, .clientCertificates) else { return nil }
    let mode = choice(reader["mode"], ClientCertificatesConfiguration.Mode.self)
    let crl = path(reader["crl"])
    guard let ca = path(required("ca", of: reader)) else { return nil }
    var certificates = ClientCertificatesConfiguration(ca: ca)
    if let mode { certificates.mode = mode }
    certificates.crl = crl
    return certificates
  }

  /// A version in quotes; as a number 1.20 would be the same as 1.2.
  private func tlsVersion(_ value: LocatedJSON?) -> TLSVersion? {
    if let value, case .number = value.content {
      error(at: value.location, "expected \"1.2\" or \"1.3\", found a number: write it in quotes")
      return nil
    }
    return choice(value, TLSVersion.self)
  }

  // MARK: Upstreams

  /// `tls` of an upstream: `true`, or an object; `false` is none.
  func upstreamTLS(_ value: LocatedJSON?, servers: [ServerConfiguration]) -> UpstreamTLSConfiguration? {
    guard let value else { return nil }
    var tls = UpstreamTLSConfiguration(location: value.location)
    switch value.content {
    case .bool(false): return nil
    case .bool(true): break
    case .object:
      guard let reader = object(value, .upstreamTLS) else { return nil }
      tls.serverName = serverName(reader["server_name"])
      tls.authorities = path(reader["ca"])
      tls.certificate = ownCertificate(reader)
      if let verifies = bool(reader["verify"]) { tls.verifies = verifies }
      if let version = tlsVersion(reader["min_version"]) { tls.minimumVersion = version }
      if !tls.verifies {
        warning(
          at: reader.place(of: "verify"),
          "anybody on the way to these servers can pass for them: leave 'verify' out, and name their authorities in 'ca'"
        )
      }
      // A name that is wrong has been spoken of.
      if reader["server_name"] != nil { return tls }
    case .null, .number, .string, .list:
      error(at: value.location, "'tls' is true or an object, found \(value.kind)")
      return nil
    }
    for case .unix(let path) in servers.map(\.address.value) {
      error(
        at: value.location,
        "'server_name' is missing: the certificate of 'unix:\(path)' can't be told by its address; write {\"server_name\": \"NAME\"}"
      )
      break
    }
    return tls
  }

  /// A host or an IP address.
  private func serverName(_ value: LocatedJSON?) -> Located<String>? {
    guard let text = nonEmptyString(value) else { return nil }
    if let address = IPAddress(text.value) { return Located(address.description, at: text.location) }
    guard let name = Self.hostName(text.value) else {
      error(at: text.location, "'\(text.value)' is no host name, without a port, and no IP address")
      return nil
    }
    return Located(name, at: text.location)
  }

  /// `certificate` and `key` of an upstream, which come together.
  private func ownCertificate(_ reader: ObjectReader) -> CertificateFiles? {
    let certificate = path(reader["certificate"])
    let key = path(reader["key"])
    for (present, missing) in [("certificate", "key"), ("key", "certificate")]
    where reader[present] != nil && reader[missing] == nil {
      error(at: reader.place(of: present), "'\(present)' needs '\(missing)' beside it")
    }
    guard let certificate, let key else { return nil }
    return CertificateFiles(certificate: certificate, key: key)
  }
}
