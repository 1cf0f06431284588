package import HTTP

/// The conditions of a route; a request must meet them all.
package struct RouteMatch: Sendable {
  package var path: PathMatch
  package var host: HostMatch = .any
  /// None twice, not empty; nil for any method.
  package var methods: [Method]?
  /// Fields that must be there with exactly that value; no name twice.
  package var headers: [Field] = []

  package init(path: PathMatch) { self.path = path }
}

/// The path of a route; in canonical form, in ASCII.
package enum PathMatch: Sendable, Hashable {
  /// That path and all below it, by whole segments. Without a final slash, but for `/`, which is below nothing.
  case prefix(String)
  /// That path alone.
  case exact(String)

  /// As the configuration has it.
  package var text: String {
    switch self {
    case .prefix(let path), .exact(let path): path
    }
  }
}

/// The host of a route; in lower case, without port and final dot.
package enum HostMatch: Sendable, Hashable {
  case any
  /// That host alone.
  case exact(String)
  /// Hosts that end in a dot and that name, any number of labels before it; `*.example.com` is `example.com` here.
  case wildcard(suffix: String)
}
