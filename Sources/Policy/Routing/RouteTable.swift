import Bytes
import HTTP

/// Finds the route of a request: the most specific one all of whose conditions hold, whatever the order in the file.
///
/// Host exact over wildcard (longer suffix first) over none; then exact path over longer prefix over shorter; then with
/// methods over without; then more header conditions; then the order of the file. Where no route of the more specific
/// kind meets all its conditions, the search goes on to the less specific one, as in the Kubernetes Gateway API.
struct RouteTable: Sendable {
  private let hosts: HostTable
  /// For each exact host, then each wildcard suffix, its paths.
  private let tables: [PathTable]
  private let exactHostCount: Int
  /// The paths of routes without host.
  private let anyHost: PathTable
  /// The routes of one path of one host stand side by side, the most specific first.
  private let candidates: [RouteCandidate]

  init(_ patterns: [RoutePattern]) {
    var candidates: [RouteCandidate] = []
    let places = RoutePlaces(patterns)
    exactHostCount = places.exactHosts.count
    hosts = HostTable(exacts: places.exactHosts, suffixes: places.suffixes)
    tables = places.hosted.map { PathTable($0, &candidates) }
    anyHost = PathTable(places.unhosted, &candidates)
    self.candidates = candidates
  }

  /// The route for that method and path on the host of the request; nil if there is none.
  ///
  /// Method and path are given apart from the head for preflights, which ask for another method, and for paths with
  /// parameters, which are matched twice.
  func route(for head: borrowing RequestHead, from peer: Peer, method: Method, path: Span<UInt8>) -> Route? {
    if let index = hosts.exact(head.host), let route = route(in: tables[index], head, peer, method, path) {
      return route
    }
    var wildcard = hosts.wildcard(head.host)
    while let index = wildcard {
      if let route = route(in: tables[exactHostCount &+ index], head, peer, method, path) { return route }
      wildcard = hosts.wildcard(above: index)
    }
    return route(in: anyHost, head, peer, method, path)
  }

  private func route(
    in table: borrowing PathTable, _ head: borrowing RequestHead, _ peer: Peer, _ method: Method, _ path: Span<UInt8>
  ) -> Route? {
    let hit = table.find(path)
    if let index = hit.exact, let route = first(table.candidates(exact: index), head, peer, method) { return route }
    var prefix = hit.prefix
    while let index = prefix {
      if let route = first(table.candidates(prefix: index), head, peer, method) { return route }
      prefix = table.prefix(above: index)
    }
    return nil
  }

  private func first(
    _ range: Range<Int>, _ head: borrowing RequestHead, _ peer: Peer, _ method: Method
  ) -> Route? {
    // Looks through a span, which leaves the reference counts of what it passes alone.
    let candidates = candidates.span
    var index = range.lowerBound
    while index < range.upperBound {
      if candidates[index].isUnconditional { return candidates[index].route }
      if case nil = candidates[index].mismatch(with: head, from: peer, method: method) {
        return candidates[index].route
      }
      index &+= 1
    }
    return nil
  }

  /// Every method that some route would have taken the request with, in the order of the routes; empty if there is
  /// none.
  ///
  /// Only asked where ``route(for:from:method:path:)`` found nothing.
  func allowedMethods(for head: borrowing RequestHead, from peer: Peer, path: Span<UInt8>) -> [String] {
    var methods: [String] = []
    if let index = hosts.exact(head.host) { collect(&methods, in: tables[index], head, peer, path) }
    var wildcard = hosts.wildcard(head.host)
    while let index = wildcard {
      collect(&methods, in: tables[exactHostCount + index], head, peer, path)
      wildcard = hosts.wildcard(above: index)
    }
    collect(&methods, in: anyHost, head, peer, path)
    return methods
  }

  private func collect(
    _ methods: inout [String], in table: PathTable, _ head: borrowing RequestHead, _ peer: Peer, _ path: Span<UInt8>
  ) {
    let hit = table.find(path)
    var ranges: [Range<Int>] = []
    if let index = hit.exact { ranges.append(table.candidates(exact: index)) }
    var prefix = hit.prefix
    while let index = prefix {
      ranges.append(table.candidates(prefix: index))
      prefix = table.prefix(above: index)
    }
    for index in ranges.joined() where candidates[index].unmetHeader(in: head, from: peer) == nil {
      for name in candidates[index].methods?.names ?? [] where !methods.contains(name) { methods.append(name) }
    }
  }
}

/// A route among those of the same host and path.
struct RouteCandidate: Sendable {
  /// Nil for any method.
  let methods: MethodSet?
  let headers: [HeaderCondition]
  let route: Route
  /// True if it takes every request that its table leads to it.
  let isUnconditional: Bool

  init(methods: MethodSet?, headers: [HeaderCondition], route: Route) {
    self.methods = methods
    self.headers = headers
    self.route = route
    isUnconditional = methods == nil && headers.isEmpty
  }

  /// The first condition beside host and path that the request does not meet; nil if it meets all.
  @inline(__always)
  func mismatch(with head: borrowing RequestHead, from peer: Peer, method: Method) -> RouteMismatch? {
    if let methods, !methods.contains(method) { return .method }
    if let index = unmetHeader(in: head, from: peer) { return .header(index) }
    return nil
  }

  /// The place of the first header condition that the request does not meet; nil if it meets all.
  @inline(__always)
  func unmetHeader(in head: borrowing RequestHead, from peer: Peer) -> Int? {
    var index = 0
    while index < headers.count {
      if !headers[index].holds(for: head, from: peer) { return index }
      index &+= 1
    }
    return nil
  }
}

/// A field that must be there, once, with exactly that value.
///
/// 1. A field that stands twice meets no condition: the upstream might read the other line.
/// 2. Nor does one that `Connection` names: it ends here, so the upstream would not see what the route was chosen by.
/// 3. Nor does one that tells where a request comes from, unless the peer is trusted.
struct HeaderCondition: Sendable {
  let name: [UInt8]
  let value: [UInt8]

  func holds(for head: borrowing RequestHead, from peer: Peer) -> Bool {
    guard let index = head.fields.first(named: name.span), head.fields.value(at: index).equals(value.span) else {
      return false
    }
    return head.fields.first(named: name.span, from: index &+ 1) == nil && peer.maySend(name.span)
      && !head.isNominated(name.span)
  }
}
