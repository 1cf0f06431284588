import Bytes
import HTTP
import JSON

extension Loading {
  enum AddressUse {
    case listener
    case server
  }

  /// An address to listen on or to connect to.
  func networkAddress(_ value: LocatedJSON, as use: AddressUse) -> Located<NetworkAddress>? {
    let example = use == .listener ? "127.0.0.1:8080" : "127.0.0.1:9001"
    guard case .string(let written) = value.content else {
      error(at: value.location, "an address is a string, such as \"\(example)\", found \(value.kind)")
      return nil
    }
    if use == .listener, written == "systemd" || written.hasPrefix("systemd:") {
      notSupported("a socket from systemd", at: value.location)
      return nil
    }
    guard let text = nonEmptyString(value) else { return nil }
    do throws(AddressFault) {
      let address = try parse(text.value, as: use)
      return Located(address, at: text.location)
    } catch {
      self.error(at: text.location, "\"\(text.value)\" is not an address: \(error.reason)")
      return nil
    }
  }

  /// A network in CIDR notation, or a single address.
  func addressBlock(_ value: LocatedJSON) -> AddressRange? {
    guard let text = string(value) else { return nil }
    if let range = AddressRange(text.value) { return range }
    error(
      at: text.location,
      "\"\(text.value)\" is not a network: write an address, or one and its prefix with no bits behind it, such as \"10.0.0.0/8\""
    )
    return nil
  }

  private struct AddressFault: Error {
    let reason: String
  }

  private func parse(_ text: String, as use: AddressUse) throws(AddressFault) -> NetworkAddress {
    if text.hasPrefix("unix:") {
      guard text.utf8.count > 5 else { throw AddressFault(reason: "'unix:' needs a path behind it") }
      let path = resolve(String(decoding: text.utf8.dropFirst(5), as: UTF8.self))
      guard path.utf8.count <= Self.longestSocketPath, !path.utf8.contains(0) else {
        throw AddressFault(reason: "the path of a Unix socket has at most \(Self.longestSocketPath) bytes")
      }
      return .unix(path: path)
    }
    if text.utf8.contains(UInt8(ascii: "/")) {
      throw AddressFault(reason: "write host:port, [v6]:port or unix:/path.sock, without a scheme")
    }
    let (host, digits) = try split(text, as: use)
    guard let port = Self.port(digits) else { throw AddressFault(reason: "a port is a number from 0 to 65535") }
    if port == 0 && use == .server { throw AddressFault(reason: "a server has a port from 1 to 65535") }
    return .tcp(host: host, port: port)
  }

  private func split(_ text: String, as use: AddressUse) throws(AddressFault) -> (host: String, port: String) {
    if text.hasPrefix("[") {
      let parts = text.dropFirst().split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].contains(":"), let address = IPAddress(String(parts[0])) else {
        throw AddressFault(reason: "brackets are for IPv6 addresses")
      }
      guard parts[1].hasPrefix(":") else { throw AddressFault(reason: "the port is missing, as in [::1]:8080") }
      return (address.description, String(parts[1].dropFirst()))
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 2 { throw AddressFault(reason: "an IPv6 address stands in brackets, as in [::1]:8080") }
    let isPortAlone = parts.count == 1 && Self.port(text) != nil
    if isPortAlone || parts[0].isEmpty || parts[0] == "*" {
      switch use {
      case .listener:
        throw AddressFault(
          reason: "the host is missing; it is 127.0.0.1 for this machine only, 0.0.0.0 for all of IPv4, [::] for IPv6")
      case .server: throw AddressFault(reason: "the host is missing")
      }
    }
    guard parts.count == 2 else { throw AddressFault(reason: "the port is missing, as in 127.0.0.1:8080") }
    if let address = IPAddress(parts[0]) { return (address.description, parts[1]) }
    guard let name = Self.hostName(parts[0]) else {
      let hint = parts[0].hasPrefix("$") ? "; an environment variable is written ${NAME}" : ""
      throw AddressFault(reason: "'\(parts[0])' is no host name\(hint)")
    }
    return (name, parts[1])
  }

  /// The name in lower case, if it is one (RFC 1123 §2.1, with `_`): letters, digits and hyphens in labels of at most 63.
  ///
  /// A name whose last label is a number is none: some would read it as an address.
  static func hostName(_ text: String) -> String? {
    guard text.utf8.count <= 253 else { return nil }
    let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for label in labels {
      guard 1...63 ~= label.count, label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-"),
        label.allSatisfy({ ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
      else { return nil }
    }
    if let last = labels.last, last.allSatisfy(ASCII.isDigit) || last.starts(with: "0x".utf8) { return nil }
    return text.asciiLowercased
  }

  static func port(_ text: String) -> UInt16? {
    guard 1...5 ~= text.utf8.count, text.utf8.allSatisfy(ASCII.isDigit) else { return nil }
    return UInt16(text)
  }

  /// `sun_path` of Linux, without its final NUL.
  private static let longestSocketPath = 107
}

extension NetworkAddress {
  /// True if the system chooses the port, so that two such listeners are two.
  var isAnyPort: Bool {
    switch self {
    case .tcp(_, let port): port == 0
    case .unix: false
    }
  }
}

extension String {
  /// The text with its ASCII letters in lower case.
  var asciiLowercased: String { String(decoding: utf8.map(ASCII.lowercased), as: UTF8.self) }
}
