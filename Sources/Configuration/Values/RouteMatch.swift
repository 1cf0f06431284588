package import HTTP

/// The conditions of a route; a request must meet them all.
package struct RouteMatch: Sendable {
  package var path: PathMatch
  package var host: HostMatch = .any
  /// None twice, not empty; nil for any method.
  package var methods: [Method]?
  /// Fields that must be there with exactly that value; no name twice.
  package var headers: [FieldLine] = []

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

/// A field and its value.
package struct FieldLine: Sendable, Hashable {
  /// As the configuration spells it; compared without case.
  package var name: String
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// Changes to a message's fields: first `remove`, then `set`, then `add`.
package struct FieldEdits: Sendable {
  /// Replaces every line of the name; no name twice.
  package var set: [FieldLine] = []
  /// Appended beside those that are there.
  package var add: [FieldLine] = []
  package var remove: [String] = []

  package init() {}

  package var isEmpty: Bool { self.set.isEmpty && add.isEmpty && remove.isEmpty }
}
