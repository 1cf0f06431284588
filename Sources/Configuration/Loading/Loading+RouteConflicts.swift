import HTTP
import JSON

// Which route takes a request is decided by rank: host exact over wildcard (longer first) over any; then path exact over longer
// prefix over shorter; then with methods over without; then more headers. Two routes of different rank are always told apart. So
// are two of the same rank whose conditions no request meets together: other hosts, other paths, no method in common, the same
// header with two values. Whatever is left is a tie, which the order in the file must not decide.
//
// Given that there are no ties, every route takes some request. A route is shadowed only if routes of higher rank take all that
// it matches; but a higher rank comes from a narrower condition: a longer path (there are always paths it does not cover), a
// narrower host (likewise hosts), methods where it has none (likewise methods) or one header more (likewise requests without it).
// Conditions that no request can meet on their own are refused where they are read: a path that is never matched, a method that
// is refused, a field that never reaches matching, one field with two values.

extension Loading {
  /// Reports routes of which some request could take either.
  func checkRoutes(_ routes: [RouteConfiguration]) {
    for (index, route) in routes.enumerated() {
      for earlier in routes[..<index] {
        guard let request = Self.tie(earlier.match, route.match) else { continue }
        error(
          at: route.location,
          "\(request) could take this route or the one at \(Self.place(earlier.location)): neither is more specific")
        // One message a route is enough to look at it.
        break
      }
    }
  }

  /// A description of the requests that both take with the same rank; nil if there are none.
  static func tie(_ left: RouteMatch, _ right: RouteMatch) -> String? {
    guard left.path == right.path, left.host == right.host, left.headers.count == right.headers.count else {
      return nil
    }
    let subject: String
    switch (left.methods, right.methods) {
    case (nil, nil): subject = "a request"
    case (let some?, let others?):
      let shared = some.filter(others.contains)
      guard let method = shared.first else { return nil }
      subject = "a \(method.text) request"
    case (nil, _), (_, nil): return nil
    }
    for line in left.headers {
      for other in right.headers where SameFieldName.matches(line.name, other.name) && line.value != other.value {
        return nil
      }
    }
    return "\(subject) for \"\(left.path.text)\""
  }
}
