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
      if let why = pattern.whereItFails(for: head) {
        far.append((pattern, why))
      } else if let why = pattern.whatItLacks(in: head, from: peer, method, redaction) {
        near.append((pattern, why))
      } else if pattern.route === winner {
        telling.tell(pattern.route.name, "takes it\(place(of: pattern.route))", .passed)
      } else {
        near.append((pattern, winner.flatMap { rank(below: $0, pattern) } ?? "matches, too"))
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
    return other.rank(below: best)
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

extension RoutePattern {
  /// The reason for which host or path do not fit; nil if they do.
  func whereItFails(for head: borrowing RequestHead) -> String? {
    switch host {
    case .any: break
    case .exact(let name):
      if !head.host.equals(name.span) { return "is for the host \(name.span.text)" }
    case .wildcard(let suffix):
      if !head.host.ends(with: suffix, behind: UInt8(ascii: ".")) { return "is for hosts under \(suffix.span.text)" }
    }
    switch path {
    case .exact(let path):
      return head.target.path.equals(path.span) ? nil : "is for the path \(path.span.text) alone"
    case .prefix(let path):
      if path.isEmpty {
        return head.target.isAsterisk ? "is for paths" : nil
      }
      return head.target.path.starts(withSegments: path) ? nil : "is for \(path.span.text) and what lies below it"
    }
  }

  /// The first other condition that is not met; nil if all are.
  func whatItLacks(
    in head: borrowing RequestHead, from peer: Peer, _ method: Method, _ redaction: Redaction
  ) -> String? {
    if let methods, !methods.contains(method) { return "takes \(methods.names.joined(separator: ", ")) only" }
    for header in headers where !header.holds(for: head, from: peer) {
      let wanted = "\(header.name.span.text): \(header.value.span.text)"
      return "wants the header \(VisibleText.quoted(redaction.line(wanted)))"
        + header.whyItCountsForNothing(in: head, from: peer)
    }
    return nil
  }

  /// The reason for which it is less specific than another route that takes the same request.
  func rank(below best: RoutePattern) -> String {
    if host != best.host {
      return host == .any ? "would take it, but names no host" : "would take it, but its host is less exact"
    }
    if path != best.path { return "would take it, but its path is less specific" }
    if (methods == nil) != (best.methods == nil) { return "would take it, but names no methods" }
    if headers.count != best.headers.count { return "would take it, but wants fewer headers" }
    return "would take it, but stands further down"
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

extension Span<UInt8> {
  /// True if the text is longer than the separator and the suffix together, and ends in them.
  fileprivate func ends(with suffix: [UInt8], behind separator: UInt8) -> Bool {
    guard count > suffix.count + 1, self[count - suffix.count - 1] == separator else { return false }
    return extracting((count - suffix.count)..<count).equals(suffix.span)
  }

  /// True if the text is this path, or lies below it.
  fileprivate func starts(withSegments path: [UInt8]) -> Bool {
    starts(with: path.span) && (count == path.count || self[path.count] == UInt8(ascii: "/"))
  }
}
