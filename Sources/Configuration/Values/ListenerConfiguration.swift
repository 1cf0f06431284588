package import HTTP
package import JSON

/// An entry of `listen`.
package struct ListenerConfiguration: Sendable {
  package var address: Located<NetworkAddress>
  /// The rights of a Unix socket's file; without effect for other addresses.
  package var access = SocketAccess()
  /// The TLS that clients speak there; nil for a listener in clear.
  package var tls: ListenerTLSConfiguration?
  /// True if clients may speak HTTP/2 there; default true.
  package var isHTTP2Enabled = true
  /// The place that every request is sent on to; none unless configured.
  package var redirect: ListenerRedirect?
  /// The peers that may connect, each with a PROXY header before its first byte; nil for a listener without such headers.
  package var proxyProtocol: ProxyProtocolConfiguration?

  package init(address: Located<NetworkAddress>) { self.address = address }
}

extension ListenerConfiguration {
  /// True if clients of both listeners are asked for the same certificates, or for none.
  package func asksForSameCertificates(as other: ListenerConfiguration) -> Bool {
    switch (tls?.clientCertificates, other.tls?.clientCertificates) {
    case (nil, nil): true
    case (let own?, let other?):
      own.mode == other.mode && own.ca.value == other.ca.value && own.crl?.value == other.crl?.value
    case (_?, nil), (nil, _?): false
    }
  }
}

/// The rights of a Unix socket's file.
package struct SocketAccess: Sendable {
  /// The permission bits; default 0660.
  package var mode: UInt32 = 0o660
  /// The name or number of the group that owns it; nil for the gateway's own.
  package var group: Located<String>?

  package init() {}
}

/// `redirect` of a listener: the same URL, with `https` and this port.
package struct ListenerRedirect: Sendable, Equatable {
  /// 443, which a URL does not name, unless configured; 1 to 65,535.
  package var port: UInt16

  package init(port: UInt16 = 443) { self.port = port }
}

/// `proxy_protocol` of a listener.
package struct ProxyProtocolConfiguration: Sendable {
  /// The place of the value in the file.
  package var location: SourceLocation
  /// The networks from which alone connections are taken, not empty; nil for any peer (`true`).
  package var networks: [AddressRange]?

  package init(location: SourceLocation, networks: [AddressRange]? = nil) {
    self.location = location
    self.networks = networks
  }
}
