/// The conditions of a route, in bytes.
struct RoutePattern: Sendable {
  let host: RouteHost
  let path: RoutePath
  /// Nil for any method.
  let methods: MethodSet?
  let headers: [HeaderCondition]
  let route: Route

  var candidate: RouteCandidate { RouteCandidate(methods: methods, headers: headers, route: route) }
}

/// The host of a route, in lower case.
enum RouteHost: Sendable, Hashable {
  case any
  case exact([UInt8])
  /// The name behind `*.`
  case wildcard([UInt8])
}

/// The path of a route.
enum RoutePath: Sendable, Hashable {
  case exact([UInt8])
  /// Without a final slash; `/` is empty.
  case prefix([UInt8])
}

/// The patterns of a configuration, sorted to the hosts that they are for.
struct RoutePlaces {
  private(set) var exactHosts: [[UInt8]] = []
  private(set) var suffixes: [[UInt8]] = []
  /// The patterns of each exact host, then of each suffix.
  private(set) var hosted: [[RoutePattern]]
  /// The patterns for any host.
  private(set) var unhosted: [RoutePattern] = []

  init(_ patterns: [RoutePattern]) {
    let byHost = Dictionary(grouping: patterns, by: \.host)
    var exact: [[RoutePattern]] = []
    var wildcard: [[RoutePattern]] = []
    for (host, patterns) in byHost {
      switch host {
      case .any: unhosted = patterns
      case .exact(let name):
        exactHosts.append(name)
        exact.append(patterns)
      case .wildcard(let suffix):
        suffixes.append(suffix)
        wildcard.append(patterns)
      }
    }
    hosted = exact + wildcard
  }
}

extension PathTable {
  /// The paths of these patterns; their candidates are appended, the most specific first, else in the order given.
  init(_ patterns: [RoutePattern], _ candidates: inout [RouteCandidate]) {
    var exacts: [(path: [UInt8], candidates: Range<Int>)] = []
    var prefixes: [(path: [UInt8], candidates: Range<Int>)] = []
    for (path, patterns) in Dictionary(grouping: patterns, by: \.path) {
      let start = candidates.count
      let sorted = patterns.enumerated().sorted { left, right in
        if left.element.isMoreSpecific(than: right.element) { return true }
        return !right.element.isMoreSpecific(than: left.element) && left.offset < right.offset
      }
      candidates += sorted.map(\.element.candidate)
      switch path {
      case .exact(let path): exacts.append((path, start..<candidates.count))
      case .prefix(let path): prefixes.append((path, start..<candidates.count))
      }
    }
    self.init(exacts: exacts, prefixes: prefixes)
  }
}
