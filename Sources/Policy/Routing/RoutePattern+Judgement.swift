import Bytes
import HTTP

/// The rules by which a route takes a request, one by one.
///
/// ``RouteTable`` finds the same routes without looking at each: it has the rules on methods and headers from here, and tests hold
/// its indices for hosts and paths, and its order, against those below.
extension RoutePattern {
  /// The first condition that the request does not meet; nil if the route fits.
  func mismatch(
    with head: borrowing RequestHead, from peer: Peer, method: Method, path: Span<UInt8>
  ) -> RouteMismatch? {
    if !host.takes(head.host) { return .host }
    if !self.path.takes(path) { return .path }
    return candidate.mismatch(with: head, from: peer, method: method)
  }

  /// The comparison with another route that takes the same request: what tells them apart, and whether this one is more specific.
  ///
  /// - Returns: nil for two of the same rank, of which the one that stands first in the file counts.
  func comparison(with other: RoutePattern) -> (criterion: RouteCriterion, isMoreSpecific: Bool)? {
    if host.rank != other.host.rank { return (.host, host.rank > other.host.rank) }
    if path.rank != other.path.rank { return (.path, path.rank > other.path.rank) }
    if (methods == nil) != (other.methods == nil) { return (.methods, methods != nil) }
    if headers.count != other.headers.count { return (.headers, headers.count > other.headers.count) }
    return nil
  }

  func isMoreSpecific(than other: RoutePattern) -> Bool { comparison(with: other)?.isMoreSpecific ?? false }
}

/// A condition of a route that a request does not meet.
enum RouteMismatch: Equatable {
  case host
  case path
  case method
  /// The header condition of that place.
  case header(Int)
}

/// A property that makes one route more specific than another, the weightiest first.
enum RouteCriterion: Equatable {
  /// Exact over wildcard, a longer suffix over a shorter one, any over none.
  case host
  /// Exact over prefix, a longer prefix over a shorter one.
  case path
  /// With methods over without.
  case methods
  /// More conditions over fewer.
  case headers
}

extension RouteHost {
  fileprivate func takes(_ host: Span<UInt8>) -> Bool {
    switch self {
    case .any: true
    case .exact(let name): host.equals(name.span)
    case .wildcard(let suffix): host.ends(with: suffix, behind: UInt8(ascii: "."))
    }
  }

  fileprivate var rank: Int {
    switch self {
    case .any: -1
    case .exact: .max
    case .wildcard(let suffix): suffix.count
    }
  }
}

extension RoutePath {
  /// The asterisk of OPTIONS is no path.
  fileprivate func takes(_ path: Span<UInt8>) -> Bool {
    switch self {
    case .exact(let own): path.equals(own.span)
    case .prefix(let own): path.isWithin(own)
    }
  }

  fileprivate var rank: Int {
    switch self {
    case .exact: .max
    case .prefix(let path): path.count
    }
  }
}

extension Span<UInt8> {
  /// True if the text is longer than the separator and the suffix together, and ends in them.
  fileprivate func ends(with suffix: [UInt8], behind separator: UInt8) -> Bool {
    guard count > suffix.count + 1, self[count - suffix.count - 1] == separator else { return false }
    return extracting((count - suffix.count)..<count).equals(suffix.span)
  }

  /// True if the path is this one, without a final slash, or lies below it.
  fileprivate func isWithin(_ path: [UInt8]) -> Bool {
    guard count > 0, self[0] == UInt8(ascii: "/"), starts(with: path.span) else { return false }
    return count == path.count || self[path.count] == UInt8(ascii: "/")
  }
}
