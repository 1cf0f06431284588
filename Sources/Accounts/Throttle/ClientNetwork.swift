/// The network of a client, as logins are counted: an IPv4 address, or the /64 of an IPv6 one, which one household or server has
/// to itself.
package struct ClientNetwork: Sendable, Hashable {
  /// The address of IPv4, the upper half of one of IPv6.
  private let bits: UInt64
  private let kind: Kind

  private enum Kind: UInt8 {
    case local
    case unknown
    case v4
    case v6
  }

  /// Clients without an address, as those of a Unix socket.
  package static let local = ClientNetwork(bits: 0, kind: .local)

  /// Clients of whom a proxy says something that is no address.
  package static let unknown = ClientNetwork(bits: 0, kind: .unknown)

  /// The network (/32) of an IPv4 address, given as the number that its four octets make.
  package init(v4 address: UInt32) { self.init(bits: UInt64(address), kind: .v4) }

  /// The network (/64) of an IPv6 address, given as the number that its sixteen octets make.
  ///
  /// The mapped form is the IPv4 address.
  package init(v6 address: UInt128) {
    if address >> 32 == 0xFFFF {
      self.init(bits: UInt64(address & 0xFFFF_FFFF), kind: .v4)
    } else {
      self.init(bits: UInt64(address >> 64), kind: .v6)
    }
  }

  private init(bits: UInt64, kind: Kind) {
    self.bits = bits
    self.kind = kind
  }

  /// The text under which a database or a limiter knows the network.
  package var text: String {
    switch kind {
    case .local: "local"
    case .unknown: "unknown"
    case .v4: "4:" + String(bits, radix: 16)
    case .v6: "6:" + String(bits, radix: 16)
    }
  }

  /// The network of a ``text``; nil for any other text.
  init?(text: String) {
    switch text {
    case "local": self = .local
    case "unknown": self = .unknown
    case _ where text.hasPrefix("4:"):
      guard let bits = UInt32(text.dropFirst(2), radix: 16) else { return nil }
      self.init(v4: bits)
    case _ where text.hasPrefix("6:"):
      guard let bits = UInt64(text.dropFirst(2), radix: 16) else { return nil }
      self.init(bits: bits, kind: .v6)
    default: return nil
    }
  }
}
