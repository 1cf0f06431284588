import Bytes

/// The proxies that the environment has for the gateway's own requests: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
///
/// The names count in lower case too, which comes first, as with curl; an empty value is none. Unlike with curl, `HTTP_PROXY` counts in
/// upper case: no client of the gateway can set it, as one of a CGI program can.
package struct ForwardProxies: Sendable, Hashable {
  /// For URLs of these schemes; nil where they are asked directly.
  private let https: ForwardProxy?
  private let http: ForwardProxy?
  private let exceptions: [ProxyException]

  /// No proxies.
  package init() { (https, http, exceptions) = (nil, nil, []) }

  /// - Throws: which variable is wrong and why; never with what may be a password.
  package init(environment: [String: String]) throws(ForwardProxyFault) {
    https = try Self.proxy("HTTPS_PROXY", environment)
    http = try Self.proxy("HTTP_PROXY", environment)
    guard let (name, list) = Self.variable("NO_PROXY", environment) else {
      exceptions = []
      return
    }
    var exceptions: [ProxyException] = []
    for entry in list.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      guard let exception = ProxyException(String(entry)) else {
        throw ForwardProxyFault(variable: name, reason: ProxyException.expected(not: String(entry)))
      }
      exceptions.append(exception)
    }
    self.exceptions = exceptions
  }

  /// The proxy that is asked for the URL; nil if its own server is.
  package func proxy(for url: HTTPURL) -> ForwardProxy? {
    let proxy =
      switch url.scheme {
      case .https: https
      case .http: http
      }
    guard let proxy, !exceptions.contains(where: { $0.matches(url) }) else { return nil }
    return proxy
  }

  private static func variable(_ name: String, _ environment: [String: String]) -> (name: String, value: String)? {
    for name in [name.lowercased(), name] {
      if let value = environment[name], !value.isEmpty { return (name, value) }
    }
    return nil
  }

  private static func proxy(
    _ name: String, _ environment: [String: String]
  ) throws(ForwardProxyFault) -> ForwardProxy? {
    guard let (name, value) = variable(name, environment) else { return nil }
    return try ForwardProxy(value, variable: name)
  }
}

/// A proxy that is spoken to over plain HTTP (RFC 9110 §7.3.2).
package struct ForwardProxy: Sendable, Hashable {
  /// A name, or an address; IPv6 without its brackets.
  package let host: String
  package let port: UInt16
  /// The value of `Proxy-Authorization` (RFC 7617); nil without a user.
  package let authorization: String?
  /// As logs name it: never with a password.
  package let name: String

  /// Reads `http://[user[:password]@]host[:port]`, the scheme being optional; the port is 80 unless given.
  init(_ text: String, variable: String) throws(ForwardProxyFault) {
    var rest = text[...]
    if let scheme = text.firstRange(of: "://") {
      let name = text[..<scheme.lowerBound].lowercased()
      guard name == "http" else {
        throw ForwardProxyFault(
          variable: variable, reason: "only proxies that are spoken to over 'http://' can be used, not '\(name)://'")
      }
      rest = text[scheme.upperBound...]
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    var credentials: Substring?
    if let sign = rest.lastIndex(of: "@") {
      credentials = rest[..<sign]
      rest = rest[rest.index(after: sign)...]
    }
    guard !rest.contains(where: { "/?#".contains($0) }) else {
      throw ForwardProxyFault(variable: variable, reason: "behind its host and port nothing may stand")
    }
    let url: HTTPURL
    do throws(HTTPURLFault) {
      url = try HTTPURL("http://" + rest)
    } catch {
      throw ForwardProxyFault(variable: variable, reason: error.text)
    }
    (host, port, name) = (url.host, url.port, url.authority)
    authorization = try credentials.map { credentials throws(ForwardProxyFault) in
      guard let bytes = Self.decoded(credentials) else {
        throw ForwardProxyFault(variable: variable, reason: "a '%' in its user or password begins no escape")
      }
      let hasPassword = credentials.contains(":")
      var value = ByteBuffer(capacity: 64)
      value.append("Basic ")
      Base64.encode((hasPassword ? bytes : bytes + [UInt8(ascii: ":")]).span, into: &value)
      return value.readable.text
    }
  }

  /// The octets that percent-encoding stands for; nil if it is none.
  private static func decoded(_ text: Substring) -> [UInt8]? {
    let bytes = Array(text.utf8)
    var decoded: [UInt8] = []
    var position = 0
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "%") else {
        decoded.append(bytes[position])
        position += 1
        continue
      }
      guard position + 2 < bytes.count, let high = ASCII.hexadecimalValue(bytes[position + 1]),
        let low = ASCII.hexadecimalValue(bytes[position + 2])
      else { return nil }
      decoded.append(high << 4 | low)
      position += 3
    }
    return decoded
  }
}

/// An element of `NO_PROXY`: what is asked without a proxy.
private enum ProxyException: Hashable {
  case everything
  /// A host and all below it, in lower case; at that port, or any.
  case domain(String, port: UInt16?)
  /// Hosts that are named by one of these addresses.
  case addresses(AddressRange, port: UInt16?)

  /// Reads `*`, `example.com`, `.example.com`, `*.example.com`, an address or a network, all but the last with an optional port.
  init?(_ text: String) {
    if text == "*" {
      self = .everything
      return
    }
    if let range = AddressRange(text) {
      self = .addresses(range, port: nil)
      return
    }
    var text = text
    if text.hasPrefix("*.") { text.removeFirst(2) } else if text.hasPrefix(".") { text.removeFirst() }
    guard !text.contains("/"), let authority = Authority(Array(text.utf8).span) else { return nil }
    let bytes = Array(text.utf8)
    if bytes[0] == UInt8(ascii: "[") {
      guard let address = IPAddress(bytes.span.extracting(1..<(authority.hostCount - 1))),
        let range = AddressRange("\(address)")
      else { return nil }
      self = .addresses(range, port: authority.port)
      return
    }
    let host = String(decoding: bytes.prefix(authority.hostCount).map(ASCII.lowercased), as: UTF8.self)
    if let range = AddressRange(host) {
      self = .addresses(range, port: authority.port)
    } else {
      self = .domain(host, port: authority.port)
    }
  }

  static func expected(not text: String) -> String {
    "'\(text)' is no host, domain, address, network or '*'"
  }

  func matches(_ url: HTTPURL) -> Bool {
    switch self {
    case .everything: return true
    case .domain(let domain, let port):
      // The end of an address is no domain that it belongs to.
      guard port == nil || port == url.port, url.address == nil else { return false }
      return url.host == domain || url.host.hasSuffix("." + domain)
    case .addresses(let range, let port):
      guard port == nil || port == url.port, let address = url.address else { return false }
      return range.contains(address)
    }
  }
}

/// The reason why a variable of the environment names no proxy that can be used.
package struct ForwardProxyFault: Error, Equatable {
  package let variable: String
  package let reason: String

  package var text: String { "the environment variable \(variable) can't be used for fetching keys: \(reason)" }
}
