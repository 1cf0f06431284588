import Bytes
import Configuration
import HTTP

/// The hosted endpoints of a configuration by their paths: none without accounts.
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

extension HostedPaths {
  func path(of endpoint: HostedEndpoint) -> String {
    switch endpoint {
    case .register: register
    case .login: login
    case .me: me
    }
  }
}
