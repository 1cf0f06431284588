import Bytes

/// An `http` or `https` URL in the one form in which the gateway asks for it (RFC 9110 §4.2).
///
/// The host in lower case and without a dot at its end, the port spelled out, no user information, no fragment, nothing but the
/// visible characters that RFC 3986 has for URLs. What is given in another form is refused, not guessed at.
package struct HTTPURL: Sendable, Hashable {
  package let scheme: Scheme
  /// A name, or an address; IPv6 without its brackets.
  package let host: String
  package let port: UInt16
  /// Path and query as they stand in a request line; begins with `/`.
  package let target: String

  init(scheme: Scheme, host: String, port: UInt16, target: String) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.target = target
  }

  /// Reads an absolute URL.
  ///
  /// - Throws: what is wrong with it, as the end of a sentence.
  package init(_ text: String) throws(HTTPURLFault) {
    let bytes = Array(text.utf8)
    guard let scheme = Self.scheme(of: bytes.span) else { throw .scheme }
    let start = scheme.rawValue.utf8.count + 3
    guard bytes.allSatisfy(Self.isURLCharacter) else { throw .character }
    let end = bytes[start...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.count
    let (host, port) = try Self.authority(bytes.span.extracting(start..<end))
    guard !bytes[end...].contains(UInt8(ascii: "#")) else { throw .fragment }
    let rest = String(decoding: bytes[end...], as: UTF8.self)
    self.init(
      scheme: scheme, host: host, port: port ?? scheme.defaultPort, target: rest.hasPrefix("/") ? rest : "/" + rest)
  }

  /// True if a text is meant to be a URL of these schemes, well formed or not.
  package static func hasScheme(_ text: String) -> Bool { scheme(of: Array(text.utf8).span) != nil }

  /// The value of the `Host` field, where IPv6 stands in brackets: `login.example.com`, `[::1]:8443`.
  package var authority: String {
    let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    return port == scheme.defaultPort ? host : "\(host):\(port)"
  }

  /// The host as an address; nil for a name.
  package var address: IPAddress? { IPAddress(host) }

  /// True if the way there stays on this machine.
  package var isLoopback: Bool {
    guard let address else { return host == "localhost" || host.hasSuffix(".localhost") }
    return address.isLoopback
  }

  /// The URL to which a `Location` leads from here (RFC 3986 §5.2); its fragment is of no interest.
  ///
  /// - Throws: what is wrong with it, as the end of a sentence.
  package func following(_ location: String) throws(HTTPURLFault) -> HTTPURL {
    let reference = String(decoding: location.utf8.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
    if Self.hasScheme(reference) { return try HTTPURL(reference) }
    if reference.utf8.starts(with: "//".utf8) { return try HTTPURL("\(scheme.rawValue):\(reference)") }
    guard reference.utf8.allSatisfy(Self.isURLCharacter) else { throw .character }
    let head = reference.utf8.prefix { !"/?".utf8.contains($0) }
    // `mailto:x` is no path.
    guard !head.contains(UInt8(ascii: ":")) else { throw .scheme }
    let path = String(target.prefix { $0 != "?" })
    let target: String
    if reference.isEmpty {
      target = self.target
    } else if reference.hasPrefix("/") {
      target = reference
    } else if reference.hasPrefix("?") {
      target = path + reference
    } else {
      target = path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + reference
    }
    return HTTPURL(scheme: scheme, host: host, port: port, target: target)
  }

  private static func scheme(of text: Span<UInt8>) -> Scheme? {
    if text.extracting(first: 8).equalsIgnoringCase("https://") { return .https }
    if text.extracting(first: 7).equalsIgnoringCase("http://") { return .http }
    return nil
  }

  private static func authority(_ text: Span<UInt8>) throws(HTTPURLFault) -> (host: String, port: UInt16?) {
    guard text.firstIndex(of: UInt8(ascii: "@")) == nil else { throw .userInformation }
    guard let authority = Authority(text), authority.port != 0 else { throw .host }
    if text[0] == UInt8(ascii: "[") {
      guard let address = IPAddress(text.extracting(1..<(authority.hostCount - 1))) else { throw .host }
      return (address.description, authority.port)
    }
    let host = String(decoding: text.extracting(first: authority.hostCount).array.map(ASCII.lowercased), as: UTF8.self)
    // What ends in a number and is no address would be taken for one by some: 127.1, 0x7f.1.
    guard let last = host.split(separator: ".").last, IPAddress(host) != nil || !isNumeric(last) else { throw .host }
    return (host, authority.port)
  }

  private static func isNumeric(_ label: Substring) -> Bool {
    label.utf8.allSatisfy(ASCII.isDigit) || label.hasPrefix("0x")
  }

  /// True if the octet may stand in a URL (RFC 3986 §2): unreserved, reserved, or `%`.
  private static func isURLCharacter(_ byte: UInt8) -> Bool {
    ASCII.isUnreserved(byte) || ":/?#[]@!$&'()*+,;=%".utf8.contains(byte)
  }
}

extension HTTPURL: CustomStringConvertible {
  package var description: String { "\(scheme.rawValue)://\(authority)\(target)" }
}

/// The reason why a text is no URL that the gateway asks for.
package enum HTTPURLFault: Error, Sendable, Hashable {
  case scheme
  case character
  case userInformation
  case host
  case fragment

  /// As the end of a sentence.
  package var text: String {
    switch self {
    case .scheme: "it begins with neither 'https://' nor 'http://'"
    case .character: "it holds characters that no URL has; escape them"
    case .userInformation: "user names and passwords don't belong in it"
    case .host: "its host is neither a name nor an address, or its port no number from 1 to 65535"
    case .fragment: "'#' and what follows mean nothing to a server"
    }
  }
}
