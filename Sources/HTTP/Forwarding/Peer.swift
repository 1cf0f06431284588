import Bytes

/// Who is at the other end of a downstream connection.
///
/// The same for all requests on it.
package struct Peer: Sendable, Equatable {
  package enum Scheme: Sendable, Hashable {
    case http
    case https

    var text: String {
      switch self {
      case .http: "http"
      case .https: "https"
      }
    }
  }

  /// Nil for a socket that has no address, as one in the file system.
  package let address: IPAddress?
  /// Whether what it says of those before it is believed.
  package let isTrusted: Bool
  package let scheme: Scheme
  /// The address as it stands in `X-Forwarded-For`.
  package let addressText: [UInt8]
  /// `X-Forwarded-For` and `X-Forwarded-Proto` as they are written for a peer whose own word doesn't count.
  let forwardedLines: [UInt8]

  package init(address: IPAddress?, scheme: Scheme, trustedProxies: TrustedProxies) {
    self.address = address
    self.scheme = scheme
    isTrusted = trustedProxies.trusts(address)
    let text = address.map(\.description) ?? "unknown"
    addressText = Array(text.utf8)
    forwardedLines = Array("X-Forwarded-For: \(text)\r\nX-Forwarded-Proto: \(scheme.text)\r\n".utf8)
  }
}

/// The proxies in front of this one whose `X-Forwarded-*` are believed.
///
/// None, unless the operator says so.
package struct TrustedProxies: Sendable, Equatable {
  package var ranges: [AddressRange]
  /// Whether a peer without an address, on a socket in the file system, is one.
  package var includesLocalSockets: Bool

  package init(ranges: [AddressRange] = [], includesLocalSockets: Bool = false) {
    self.ranges = ranges
    self.includesLocalSockets = includesLocalSockets
  }

  /// Whether a peer of that address is trusted; nil stands for a socket in the file system.
  package func trusts(_ address: IPAddress?) -> Bool {
    guard let address else { return includesLocalSockets }
    return ranges.contains { $0.contains(address) }
  }

  /// The address of the client: the rightmost one of those that the request came by that is not trusted.
  ///
  /// What stands left of it in `X-Forwarded-For` was written by strangers. If all are trusted, it is the leftmost; an element that
  /// is no address ends the search, for behind it nothing is certain.
  package func clientAddress(of head: borrowing RequestHead, from peer: Peer) -> IPAddress? {
    guard peer.isTrusted, head.fields.contains(.xForwardedFor) else { return peer.address }
    var client = peer.address
    for index in stride(from: head.fields.count - 1, through: 0, by: -1)
    where head.fields.known(at: index) == .xForwardedFor {
      let list = head.fields.value(at: index)
      var end = list.count
      while end >= 0 {
        var start = end
        while start > 0, list[start - 1] != UInt8(ascii: ",") { start -= 1 }
        guard let address = Self.address(list.extracting(start..<end).trimmed) else { return client }
        client = address
        guard trusts(address) else { return client }
        end = start - 1
      }
    }
    return client
  }

  /// An address as proxies write it into the list: bare, or with a port, IPv6 then in brackets.
  private static func address(_ text: Span<UInt8>) -> IPAddress? {
    if let address = IPAddress(text) { return address }
    guard let authority = Authority(text) else { return nil }
    let host = text.extracting(first: authority.hostCount)
    guard host.count > 2, host[0] == UInt8(ascii: "[") else { return IPAddress(host) }
    return IPAddress(host.extracting(1..<(host.count - 1)))
  }
}
