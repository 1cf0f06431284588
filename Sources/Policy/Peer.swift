package import HTTP

/// Whoever is at the other end of a client connection, as the connection itself shows; made once for each by ``Policy/peer(at:isSecure:)``.
package struct Peer: Sendable {
  /// Where it is.
  package let address: PeerAddress
  /// Whether its word about the client's address is taken (`trusted_proxies`).
  package let isTrusted: Bool
  /// Whether the connection is encrypted.
  package let isSecure: Bool
}

/// Where a peer or a client is.
package enum PeerAddress: Sendable, Hashable {
  case ip(IPAddress)
  /// At the other end of a Unix socket, which has no address.
  case unix
}
