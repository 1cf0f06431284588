import Bytes
import Glibc
import HTTP

/// Addresses, networks and authorities: read as the system's own reader has it, and written so that they read the same.
enum AddressTarget {
  static func read(_ bytes: [UInt8]) {
    let address = IPAddress(bytes.span)
    let comment = shown(bytes)
    if let address {
      require(IPAddress(address.description) == address, "an address is written as it reads", "\(comment) \(address)")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    if !bytes.contains(0), text.utf8.elementsEqual(bytes) {
      require(system(text) == address, "addresses read as elsewhere", "\(comment) \(String(describing: address))")
    }
    if let range = AddressRange(text) {
      require(AddressRange(range.description) == range, "a network is written as it reads", comment)
      require(range.contains(range.prefix), "a network has its first address", comment)
    }
    checkAuthority(text, comment)
    checkForwarded(bytes, comment)
  }

  /// The address that inet_pton makes of the text, mapped addresses taken for what they map.
  private static func system(_ text: String) -> IPAddress? {
    var v4 = in_addr()
    if unsafe inet_pton(AF_INET, text, &v4) == 1 { return IPAddress(v4: UInt32(bigEndian: v4.s_addr)) }
    var v6 = in6_addr()
    guard unsafe inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
    var bits: UInt128 = 0
    unsafe withUnsafeBytes(of: v6) { for byte in unsafe $0 { bits = bits << 8 | UInt128(byte) } }
    return IPAddress(v6: bits)
  }

  /// Checks that an accepted authority can stand in `Host`, and means the same in front of a target.
  private static func checkAuthority(_ text: String, _ comment: String) {
    guard let authority = UpstreamAuthority(text) else { return }
    let head = "Host: \(text)\r\n\r\n"
    let origin = RequestReading(Array("GET / HTTP/1.1\r\n\(head)".utf8))
    require(origin.authority == authority.bytes, "an authority can stand in Host", comment)
    let absolute = RequestReading(Array("GET http://\(text)/ HTTP/1.1\r\n\(head)".utf8))
    require(absolute.host == origin.host && absolute.port == origin.port, "an authority is one anywhere", comment)
    require(!origin.host.isEmpty && !origin.host.contains { $0 &- 65 < 26 }, "a host is in lower case", comment)
  }

  /// The bytes as what a trusted proxy says of those before it.
  private static func checkForwarded(_ bytes: [UInt8], _ comment: String) {
    guard let trusted = AddressRange("10.0.0.0/8"), let stranger = IPAddress("10.1.1.1") else { return }
    let proxies = TrustedProxies(ranges: [trusted])
    let peer = Peer(address: stranger, scheme: .http, trustedProxies: proxies)
    var head = RequestHead()
    let request = Array("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For:".utf8) + bytes
    guard case .complete = RequestReading(request + Array("\r\n\r\n".utf8), into: &head).outcome else { return }
    let client = proxies.clientAddress(of: head, from: peer)
    require(client != .local, "who comes over TCP is not on this machine", comment)
    let untrusted = Peer(address: IPAddress("192.0.2.1"), scheme: .http, trustedProxies: proxies)
    require(
      proxies.clientAddress(of: head, from: untrusted) == ClientAddress(of: untrusted),
      "a stranger's word doesn't count")
  }
}
