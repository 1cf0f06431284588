import Bytes
import Configuration
import HTTP

/// The hosted endpoints of a configuration by their paths: none without accounts and identity assertions.
///
/// They are on every listener and host, and come before all routes.
struct HostedEndpoints: Sendable {
  /// An endpoint at its path.
  struct Place: Sendable {
    let path: [UInt8]
    let methods: MethodSet
    let route: Route
  }

  private let places: [Place]
  /// The place of all that is one segment below a path, and that path with the slash behind it.
  private let below: (path: [UInt8], place: Place)?
  /// A bit for each length of a path, the last one for all that are longer: most requests are for none of them.
  private let lengths: UInt64

  /// - Parameter children: the place of what is below `path`.
  init(_ places: [Place] = [], children: Place? = nil) {
    self.places = places
    below = children.map { ($0.path + [UInt8(ascii: "/")], $0) }
    lengths = places.reduce(0) { $0 | Self.bit(of: $1.path.count) }
  }

  private static func bit(of count: Int) -> UInt64 { 1 << UInt64(truncatingIfNeeded: min(count, 63)) }

  /// The endpoint at exactly that path, or right below one that has something there, whatever the method.
  func endpoint(at path: Span<UInt8>) -> Place? {
    guard lengths != 0 else { return nil }
    if lengths & Self.bit(of: path.count) != 0 {
      let places = places.span
      var index = 0
      while index < places.count {
        if places[index].path.span.equals(path) { return places[index] }
        index &+= 1
      }
    }
    guard let below, path.count > below.path.count else { return nil }
    return child(at: path, of: below)
  }

  private func child(at path: Span<UInt8>, of below: (path: [UInt8], place: Place)) -> Place? {
    let count = below.path.count
    guard path[count - 1] == UInt8(ascii: "/"), path.extracting(first: count).equals(below.path.span),
      path.extracting(count...).firstIndex(of: UInt8(ascii: "/")) == nil
    else { return nil }
    return below.place
  }
}

extension GatewayConfiguration {
  /// The hosted endpoints, each at every path that it has; ``HostedEndpoint/session`` is below the one that it comes with.
  var hostedPaths: [(endpoint: HostedEndpoint, path: String)] {
    var paths: [(HostedEndpoint, String)] = []
    if let accounts = accounts?.paths {
      let all: [(HostedEndpoint, String?)] = [
        (.register, accounts.register), (.login, accounts.login), (.refresh, accounts.refresh),
        (.logout, accounts.logout), (.password, accounts.password), (.sessions, accounts.sessions),
        (.session, accounts.sessions), (.me, accounts.me),
      ]
      paths = all.compactMap { endpoint, path in path.map { (endpoint, $0) } }
    }
    for (document, path) in wellKnownPaths {
      switch document {
      case .keySet: paths.append((.keySet, path))
      case .discovery: paths.append((.discovery, path))
      }
    }
    return paths
  }
}
