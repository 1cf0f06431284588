import Bytes
import Configuration
import HTTP
import JSON
import Tokens

/// The part about the route: the one that takes the request, and the reasons for which no other does.
extension Explainer {
  func tellRoute(_ head: borrowing RequestHead, _ peer: Peer, _ decision: Decision, _ telling: inout Telling) {
    telling.begin("Route")
    var method = head.method
    if let asked = Preflight.method(of: head) {
      let isPreflight = isPreflight(head, peer)
      if isPreflight { method = asked }
      telling.tell(
        "preflight",
        isPreflight
          ? "a browser asks whether a page may send \(asked.text): judged by the route of that method"
          : "it looks like one for \(asked.text), but no route with 'cors' takes that: an ordinary OPTIONS request")
    }
    if let place = policy.hosted.endpoint(at: head.target.path) {
      telling.tell(
        place.route.name, "an endpoint of the accounts, which comes before all routes; it takes \(list(place.methods))",
        place.methods.contains(method) ? .passed : .skipped)
    } else {
      tellCandidates(head, peer, method, decision.route, &telling)
    }
    tellRefusal(head, method, decision, &telling)
    if head.target.hasParameters, decision.reason != .ambiguousParameters {
      telling.tell(
        "parameters", "without what follows ';' the path is \(bare(head)), which takes the same way", .passed)
    }
    if let route = decision.route { tellPath(head, decision, on: route, &telling) }
  }

  /// True if the request is a preflight that the gateway answers.
  func isPreflight(_ head: borrowing RequestHead, _ peer: Peer) -> Bool {
    do throws(Rejection) { return try policy.preflight(head, from: peer) != nil } catch { return false }
  }

  private func bare(_ head: borrowing RequestHead) -> String {
    VisibleText.quoted(head.target.pathWithoutParameters.span.text)
  }

  private func list(_ methods: MethodSet) -> String { methods.names.joined(separator: ", ") }

  // MARK: The routes

  /// The most routes for other requests that are named one by one.
  private static let shownMax = 20

  private func tellCandidates(
    _ head: borrowing RequestHead, _ peer: Peer, _ method: Method, _ winner: Route?, _ telling: inout Telling
  ) {
    var near: [(RoutePattern, String)] = []
    var far: [(RoutePattern, String)] = []
    for pattern in policy.patterns {
      switch pattern.mismatch(with: head, from: peer, method: method, path: head.target.path) {
      case nil where pattern.route === winner:
        telling.tell(pattern.route.name, "takes it\(place(of: pattern.route))", .passed)
      case nil: near.append((pattern, winner.flatMap { rank(below: $0, pattern) } ?? "matches, too"))
      case .host: far.append((pattern, pattern.host.sentence))
      case .path: far.append((pattern, pattern.path.sentence))
      case .method: near.append((pattern, "takes \(pattern.methods.map(list) ?? "") only"))
      case .header(let index): near.append((pattern, sentence(about: pattern.headers[index], head, peer)))
      }
    }
    for (pattern, why) in near + far.prefix(Self.shownMax) {
      telling.tell(pattern.route.name, why + place(of: pattern.route), .skipped)
    }
    if far.count > Self.shownMax {
      telling.tell("…", "\(far.count - Self.shownMax) more routes are for another host or path", .skipped)
    }
  }

  private func place(of route: Route) -> String {
    guard configuration.routes.indices.contains(route.index) else { return "" }
    let location = configuration.routes[route.index].location
    return " (\(configuration.fileName):\(location.line):\(location.column))"
  }

  /// The reason for which a route that fits too is less specific than the winner.
  private func rank(below winner: Route, _ other: RoutePattern) -> String? {
    guard let best = policy.patterns.first(where: { $0.route === winner }) else { return nil }
    switch best.comparison(with: other)?.criterion {
    case .host where other.host == .any: return "would take it, but names no host"
    case .host: return "would take it, but its host is less exact"
    case .path: return "would take it, but its path is less specific"
    case .methods: return "would take it, but names no methods"
    case .headers: return "would take it, but wants fewer headers"
    case nil: return "would take it, but stands further down"
    }
  }

  private func sentence(about header: HeaderCondition, _ head: borrowing RequestHead, _ peer: Peer) -> String {
    let wanted = "\(header.name.span.text): \(header.value.span.text)"
    return "wants the header \(VisibleText.quoted(redaction.line(wanted)))"
      + header.whyItCountsForNothing(in: head, from: peer)
  }

  // MARK: Refusals

  private func tellRefusal(
    _ head: borrowing RequestHead, _ method: Method, _ decision: Decision, _ telling: inout Telling
  ) {
    guard let reason = decision.reason else { return }
    if reason == .notFound {
      telling.tell("route", "none takes this host and path", .failed(reason))
    } else if reason == .methodNotAllowed {
      telling.tell("method", "\(method.text) is not what is taken there", .failed(reason))
    } else if reason == .schemeMismatch {
      telling.tell("scheme", "the target names another scheme than the request was sent with", .failed(reason))
    } else if reason == .ambiguousParameters {
      telling.tell(
        "parameters",
        "without what follows ';' the path is \(bare(head)), which takes another way; servers disagree which is meant",
        .failed(reason))
    } else if reason == .encodedSlash, decision.route == nil {
      telling.tell("encoded slash", "the path holds %2F, and no route takes it", .failed(reason))
    }
  }

  /// Tells the route's checks of the path: encoded slashes and rewriting.
  private func tellPath(
    _ head: borrowing RequestHead, _ decision: Decision, on route: Route, _ telling: inout Telling
  ) {
    if head.target.hasEncodedSlash {
      telling.judge(
        "encoded slash",
        route.allowsEncodedSlashes
          ? "%2F is data of its segment: the route says \"encoded_slashes\": \"allow\""
          : "the path holds %2F, and the route doesn't say \"encoded_slashes\": \"allow\"",
        failing: .encodedSlash, if: decision.reason == .encodedSlash)
    }
    guard case .forward(let forwarding) = route.action, let rewrite = forwarding.requestRules.rewrite else { return }
    if decision.reason == .ambiguousPath {
      telling.tell("rewrite", "what 'strip_prefix' leaves of the path is not canonical", .failed(.ambiguousPath))
    } else if decision.reason != .encodedSlash {
      var path = ByteBuffer()
      rewrite.write(head.target, to: &path)
      telling.tell("rewrite", "the path goes on as \(VisibleText.quoted(path.text))", .passed)
    }
  }
}

extension RouteHost {
  /// The hosts that the route is for, in words.
  fileprivate var sentence: String {
    switch self {
    case .any: "is for any host"
    case .exact(let name): "is for the host \(name.span.text)"
    case .wildcard(let suffix): "is for hosts under \(suffix.span.text)"
    }
  }
}

extension RoutePath {
  /// The paths that the route is for, in words.
  fileprivate var sentence: String {
    switch self {
    case .exact(let path): "is for the path \(path.span.text) alone"
    case .prefix([]): "is for paths"
    case .prefix(let path): "is for \(path.span.text) and what lies below it"
    }
  }
}

extension HeaderCondition {
  /// The reason for which a field with a fitting name does not count, beside its value; empty if it is the value alone.
  fileprivate func whyItCountsForNothing(in head: borrowing RequestHead, from peer: Peer) -> String {
    guard let index = head.fields.first(named: name.span) else { return "" }
    if head.fields.first(named: name.span, from: index + 1) != nil { return "; it stands more than once" }
    if !peer.maySend(name.span) { return "; it counts from trusted proxies only" }
    return head.isNominated(name.span) ? "; Connection names it, so it concerns this connection alone" : ""
  }
}
