import Bytes

/// Version 2 (HAProxy's proxy-protocol.txt §2.2): a signature, four bytes, and as many as they announce.
///
///     12 bytes   signature
///     1          version 2, command: 0 LOCAL, 1 PROXY
///     1          family: 0 none, 1 IPv4, 2 IPv6, 3 unix; protocol: 0 none, 1 stream, 2 datagram
///     2          the number of bytes that follow: source, destination, their ports, then type-length-value records
///
/// The records are passed over: what the load balancer says in them of a client's TLS is its own word, and no certificate of the
/// connection's.
extension ProxyHeader {
  private static var signature: StaticString { "\r\n\r\n\0\r\nQUIT\n" }
  /// The bytes before the addresses.
  private static var fixedCount: Int { 16 }

  static func parseBinary(_ bytes: Span<UInt8>) -> ProxyHeaderParse {
    guard agree(bytes, signature) else { return .malformed(.absent) }
    guard bytes.count >= fixedCount else { return .needsMore(byteCount: fixedCount) }
    let (version, command) = (bytes[12] >> 4, bytes[12] & 15)
    guard version == 2, command <= 1 else { return .malformed(.unsupported) }
    let byteCount = fixedCount + (Int(bytes[14]) << 8 | Int(bytes[15]))
    guard byteCount <= byteMax else { return .malformed(.tooLong) }
    // Those of a connection of the load balancer's own do not matter.
    let addresses = command == 0 ? Addresses.none : Addresses(bytes[13])
    guard let addresses else { return .malformed(.unsupported) }
    guard byteCount >= fixedCount + addresses.byteCount else { return .malformed(.malformed) }
    guard bytes.count >= byteCount else { return .needsMore(byteCount: byteCount) }
    return .complete(ProxyHeader(addresses.source(bytes.extracting(fixedCount..<byteCount)), byteCount: byteCount))
  }

  /// The addresses that a header has room for.
  private enum Addresses {
    case none
    case ipv4
    case ipv6
    case unix

    /// - Parameter kind: family and protocol; nil where one of them is unknown, or not that of a stream.
    init?(_ kind: UInt8) {
      switch kind {
      case 0x11: self = .ipv4
      case 0x21: self = .ipv6
      case 0x31: self = .unix
      case 0x00: self = .none
      default: return nil
      }
    }

    /// Of both addresses and both ports.
    var byteCount: Int {
      switch self {
      case .none: 0
      case .ipv4: 12
      case .ipv6: 36
      case .unix: 216
      }
    }

    func source(_ bytes: Span<UInt8>) -> Source {
      switch self {
      case .none: .unnamed
      case .ipv4:
        .address(
          IPAddress(v4: UInt32(truncatingIfNeeded: number(bytes, 0..<4))),
          port: UInt16(truncatingIfNeeded: number(bytes, 8..<10)))
      case .ipv6:
        .address(IPAddress(v6: number(bytes, 0..<16)), port: UInt16(truncatingIfNeeded: number(bytes, 32..<34)))
      case .unix: .unixSocket
      }
    }

    /// The bytes as a number in network order.
    private func number(_ bytes: Span<UInt8>, _ place: Range<Int>) -> UInt128 {
      var value: UInt128 = 0
      for index in place { value = value << 8 | UInt128(bytes[index]) }
      return value
    }
  }
}
