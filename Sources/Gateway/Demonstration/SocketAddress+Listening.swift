package import Transport

extension SocketAddress {
  /// The address that `host:port`, `[v6]:port` or `unix:/path.sock` on a command line stands for; nil if it is none.
  ///
  /// May block to resolve a name.
  package init?(listening text: String) {
    if text.hasPrefix("unix:") {
      self = .unix(path: String(text.dropFirst(5)))
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard let address = try? SocketAddress.resolve(host: String(host), port: port).first else { return nil }
    self = address
  }
}
