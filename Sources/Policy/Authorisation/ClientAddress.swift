import Bytes
import HTTP

/// Who is believed about where a request comes from (`trusted_proxies`).
struct TrustedNetworks: Sendable {
  let networks: [AddressRange]
  let unixSockets: Bool

  func contains(_ address: PeerAddress) -> Bool {
    switch address {
    case .unix: unixSockets
    case .ip(let address): networks.contains { $0.contains(address) }
    }
  }

  /// The client of a request: the peer, or the rightmost address of `X-Forwarded-For` that is no trusted proxy's.
  ///
  /// Every element was written by the one to its right, so reading from the right ends at the first that isn't believed, or at
  /// one that is no address; then whoever wrote it is the client.
  func client(of head: borrowing RequestHead, peer: Peer) -> PeerAddress {
    guard peer.isTrusted, head.fields.contains(.xForwardedFor) else { return peer.address }
    var client = peer.address
    var line = head.fields.count
    while line > 0 {
      line -= 1
      guard head.fields.known(at: line) == .xForwardedFor else { continue }
      let value = head.fields.value(at: line)
      var end = value.count
      while end >= 0 {
        var start = end
        while start > 0, value[start - 1] != UInt8(ascii: ",") { start -= 1 }
        let element = value.extracting(start..<end).trimmed
        end = start - 1
        if element.isEmpty { continue }
        guard let address = Self.address(element) else { return client }
        client = .ip(address)
        if !contains(client) { return client }
      }
    }
    return client
  }

  /// An address with or without port; IPv6 with a port is in brackets.
  private static func address(_ text: Span<UInt8>) -> IPAddress? {
    if let address = IPAddress(text) { return address }
    if text.count > 0, text[0] == UInt8(ascii: "[") {
      guard let bracket = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      guard bracket + 1 == text.count || text[bracket + 1] == UInt8(ascii: ":") else { return nil }
      return IPAddress(text.extracting(1..<bracket))
    }
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    return IPAddress(text.extracting(0..<colon))
  }
}
