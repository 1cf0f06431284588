import Bytes

/// The rule on requests over TLS that came to the wrong listener (RFC 9110 §15.5.20): those for a host of another listener that asks
/// clients for other certificates.
///
/// A client chooses `Host` freely, whatever name it has given in the handshake. Without the rule it could pass by a listener that asks
/// for certificates and still be served as one of its clients is.
package struct MisdirectionRule: Sendable {
  private let own: HostNames
  private let others: [HostNames]

  /// - Parameters:
  ///   - own: the names that the certificates of the request's listener are for.
  ///   - others: those of each listener that asks for other certificates, or for none.
  /// - Returns: nil if there is no such listener.
  package init?(own: HostNames, others: [HostNames]) {
    if others.isEmpty { return nil }
    self.own = own
    self.others = others
  }

  /// True if a request for that host came to the wrong listener.
  ///
  /// - Parameter host: as routes are matched with it: in lower case, without port and final dot.
  package func covers(_ host: Span<UInt8>) -> Bool {
    if host.isEmpty { return false }
    let name = host.text
    return !own.include(name) && others.contains { $0.include(name) }
  }
}

/// The names of hosts that certificates are for.
package struct HostNames: Sendable {
  private let names: Set<[UInt8]>

  /// - Parameter names: as certificates have them, in any case; `*.` may stand for the first label.
  package init(_ names: some Sequence<String>) {
    self.names = Set(
      names.map { name in
        let bytes = name.utf8.map(ASCII.lowercased)
        return bytes.last == UInt8(ascii: ".") ? Array(bytes.dropLast()) : bytes
      })
  }

  /// True if one of the names is that host, or stands for it: a wildcard stands for exactly one label.
  func include(_ host: String) -> Bool {
    let host = Array(host.utf8)
    if host.first == UInt8(ascii: "*") { return false }
    if names.contains(host) { return true }
    guard let dot = host.firstIndex(of: UInt8(ascii: ".")), dot > 0 else { return false }
    return names.contains([UInt8(ascii: "*")] + host[dot...])
  }
}
