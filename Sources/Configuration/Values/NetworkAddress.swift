/// The address that a socket listens on or connects to, as the configuration writes it: `host:port`, `[v6]:port` or
/// `unix:/path.sock`.
package enum NetworkAddress: Sendable, Hashable {
  /// An IP address (v6 without its brackets) or a host name in lower case, which is resolved later.
  case tcp(host: String, port: UInt16)
  /// The absolute path of a Unix socket.
  case unix(path: String)
}

extension NetworkAddress: CustomStringConvertible {
  /// As the configuration writes it.
  package var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
