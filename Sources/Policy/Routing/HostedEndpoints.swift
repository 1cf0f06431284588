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

  init(_ places: [Place] = []) { self.places = places }

  /// The endpoint at exactly that path, whatever the method.
  func endpoint(at path: Span<UInt8>) -> Place? {
    // A handful, most of which differ from any path in length already.
    let places = places.span
    var index = 0
    while index < places.count {
      if places[index].path.span.equals(path) { return places[index] }
      index &+= 1
    }
    return nil
  }
}

extension GatewayConfiguration {
  /// The hosted endpoints, each at every path that it has.
  var hostedPaths: [(endpoint: HostedEndpoint, path: String)] {
    var paths: [(HostedEndpoint, String)] = []
    if let accounts = accounts?.paths {
      paths = [(.register, accounts.register), (.login, accounts.login), (.me, accounts.me)]
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
