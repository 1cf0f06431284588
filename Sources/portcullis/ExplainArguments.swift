import Configuration
import HTTP

/// The request that `portcullis explain` is asked about.
struct ExplainArguments {
  let method: String
  /// As it stands in the request line.
  let target: String
  /// `Host`, if the URL or a field says it.
  let host: String?
  /// The other fields, as they stand on the wire.
  let fields: [String]
  /// The client's address; nil for a Unix socket.
  let address: IPAddress?
  /// True if the keys of issuers that have them behind a URL are fetched.
  let fetchesKeys: Bool
  /// The PEM file of the certificate that the client shows; nil for none.
  let certificateFile: String?
  /// True if the URL names `https`.
  private let namesTLS: Bool

  init(_ reader: inout ArgumentReader, _ options: ArgumentReader.Options) throws(UsageError) {
    guard let method = reader.next(), let url = reader.next() else {
      throw UsageError(message: "'explain' needs a method and a URL, such as: portcullis explain GET /orders/1")
    }
    self.method = method
    var named: String?
    (target, named) = try Self.parts(of: url)
    fields = options.fields
    fetchesKeys = options.fetchesKeys
    certificateFile = options.certificate
    namesTLS = url.lowercased().hasPrefix("https://")
    for line in fields {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
        throw UsageError(message: "-H takes 'Name: value', not '\(line)'")
      }
      if line[..<colon].lowercased() == "host" { named = "" }
    }
    host = named
    // A line break would begin another line of the head, which is not what was meant.
    for word in [method, target] + fields where word.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
      throw UsageError(message: "neither method nor URL nor header may hold a line break")
    }
    switch options.from {
    case nil: address = IPAddress("127.0.0.1")
    case "unix"?: address = nil
    case let text?:
      guard let given = IPAddress(text) else {
        throw UsageError(message: "--from takes an IP address or 'unix', not '\(text)'")
      }
      address = given
    }
  }

  /// Takes a URL apart as a client does: the target, and the authority if the URL has one.
  private static func parts(of url: String) throws(UsageError) -> (target: String, host: String?) {
    if url.hasPrefix("/") || url == "*" { return (url, nil) }
    let scheme = ["http://", "https://"].first { url.lowercased().hasPrefix($0) }
    guard let scheme else {
      throw UsageError(
        message: "'\(url)' is no URL: write a path, such as /orders/1, or all of it, such as http://host/orders/1")
    }
    // No client sends what follows '#'.
    let rest = url.dropFirst(scheme.count).prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let path = rest.dropFirst(authority.count)
    if authority.isEmpty || authority.contains("@") {
      throw UsageError(message: "'\(url)': a URL names a host behind '\(scheme)', without user and password")
    }
    return (path.hasPrefix("/") ? String(path) : "/" + path, String(authority))
  }

  /// The scheme that the request comes with: a URL of `https` is sent over TLS to a gateway that speaks it.
  func scheme(to configuration: GatewayConfiguration) -> Scheme {
    if certificateFile != nil { return .https }
    return namesTLS && configuration.listeners.contains { $0.tls != nil } ? .https : .http
  }

  /// The head as a client would send it to a gateway of that configuration.
  func wire(to configuration: GatewayConfiguration) -> [UInt8] {
    let host = host ?? Self.host(of: configuration)
    let lines = ["\(method) \(target) HTTP/1.1"] + (host.isEmpty ? [] : ["Host: \(host)"]) + fields
    return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
  }

  /// The gateway's host as clients name it by default: its first listener.
  private static func host(of configuration: GatewayConfiguration) -> String {
    for listener in configuration.listeners {
      guard case .tcp(let host, let port) = listener.address.value else { continue }
      let isAnywhere = host == "0.0.0.0" || host == "::"
      return "\(NetworkAddress.tcp(host: isAnywhere ? "localhost" : host, port: port))"
    }
    return "localhost"
  }
}
