import Bytes
import HTTP
import JSON

extension Loading {
  /// `listen`.
  func listeners(_ value: LocatedJSON?, of top: ObjectReader) -> [ListenerConfiguration] {
    guard let value else {
      error(at: top.location, "'listen' is missing: say where to listen, such as [\"127.0.0.1:8080\"]")
      return []
    }
    if case .number(let number) = value.content, let port = number.integer, 0...65535 ~= port {
      error(at: value.location, "expected a list, found a number: write [\"127.0.0.1:\(port)\"]")
      return []
    }
    var listeners: [ListenerConfiguration] = []
    for entry in nonEmptyList(value) ?? [] {
      guard let listener = listener(entry) else { continue }
      checkIsAlone(listener.address, beside: listeners)
      listeners.append(listener)
    }
    return listeners
  }

  /// `admin`.
  func admin(_ value: LocatedJSON?, beside listeners: [ListenerConfiguration]) -> AdminConfiguration? {
    guard let value, let reader = object(value, .admin) else { return nil }
    let tls = listenerTLS(reader["tls"])
    let ready = choice(reader["ready"], AdminConfiguration.Readiness.self)
    guard let text = required("listen", of: reader), let address = networkAddress(text, as: .listener) else {
      return nil
    }
    checkIsAlone(address, beside: listeners)
    var admin = AdminConfiguration(address: address)
    if let ready { admin.ready = ready }
    admin.tls = tls
    return admin
  }

  private func listener(_ entry: LocatedJSON) -> ListenerConfiguration? {
    guard case .object = entry.content else {
      return networkAddress(entry, as: .listener).map { ListenerConfiguration(address: $0) }
    }
    guard let reader = object(entry, .listener) else { return nil }
    let access = socketAccess(reader)
    let tls = listenerTLS(reader["tls"])
    let isHTTP2Enabled = bool(reader["http2"])
    let redirect = listenerRedirect(reader["redirect"])
    let proxyProtocol = proxyProtocol(reader["proxy_protocol"])
    guard let text = required("address", of: reader), let address = networkAddress(text, as: .listener) else {
      return nil
    }
    var listener = ListenerConfiguration(address: address)
    listener.access = access
    listener.tls = tls
    if let isHTTP2Enabled { listener.isHTTP2Enabled = isHTTP2Enabled }
    listener.redirect = redirect
    listener.proxyProtocol = proxyProtocol
    if tls != nil, let redirect, case .tcp(_, redirect.port) = address.value {
      error(at: reader.place(of: "redirect"), "'redirect' leads back to this listener, for ever: leave it out")
    }
    checkPeers(of: listener)
    return listener
  }

  private func checkIsAlone(_ address: Located<NetworkAddress>, beside listeners: [ListenerConfiguration]) {
    guard let twin = listeners.first(where: { $0.address.value == address.value && !address.value.isAnyPort }) else {
      return
    }
    error(at: address.location, "'\(address.value)' is listened on already, at \(Self.place(twin.address.location))")
  }

  /// `"https"` or `"https:PORT"`.
  private func listenerRedirect(_ value: LocatedJSON?) -> ListenerRedirect? {
    guard let value else { return nil }
    if case .string(let text) = value.content {
      if text == "https" { return ListenerRedirect() }
      if text.hasPrefix("https:"), let port = Self.port(String(decoding: text.utf8.dropFirst(6), as: UTF8.self)),
        port > 0
      {
        return ListenerRedirect(port: port)
      }
    }
    let found = if case .string(let text) = value.content { "\"\(text)\"" } else { value.kind }
    error(
      at: value.location,
      "expected \"https\", or \"https:\" and a port, such as \"https:8443\", found \(found): every request is sent to the same URL there"
    )
    return nil
  }

  // MARK: PROXY protocol

  /// `true` or networks; `false` is none.
  private func proxyProtocol(_ value: LocatedJSON?) -> ProxyProtocolConfiguration? {
    guard let value else { return nil }
    switch value.content {
    case .bool(true): return ProxyProtocolConfiguration(location: value.location)
    case .bool(false): return nil
    case .list:
      let networks = (nonEmptyList(value) ?? []).compactMap(addressBlock)
      return networks.isEmpty ? nil : ProxyProtocolConfiguration(location: value.location, networks: networks)
    case .null, .number, .string, .object:
      error(
        at: value.location,
        "expected true, or a list of the networks that the load balancers are in, such as [\"10.0.0.0/8\"], found \(value.kind)"
      )
      return nil
    }
  }

  /// The peers of a listener with PROXY headers are believed, whatever address they name.
  private func checkPeers(of listener: ListenerConfiguration) {
    guard let proxyProtocol = listener.proxyProtocol else { return }
    switch listener.address.value {
    case .unix:
      if proxyProtocol.networks != nil {
        error(
          at: proxyProtocol.location,
          "peers of a Unix socket have no address that networks could hold: write true, and see 'mode' and 'group' for who may connect"
        )
      }
    case .tcp(let host, _):
      guard proxyProtocol.networks == nil, !Self.isLoopback(host) else { return }
      warning(
        at: proxyProtocol.location,
        "whoever can connect to '\(listener.address.value)' can name any address as its own: list the networks that the load balancers are in"
      )
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    guard let address = IPAddress(host) else { return host == "localhost" }
    return address.isLoopback
  }
}
