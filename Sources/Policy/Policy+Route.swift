import Bytes
import HTTP

extension Policy {
  /// True if a target that names a scheme names the one that the request was sent with.
  ///
  /// An upstream that goes by the target would otherwise take for secure what came in clear.
  func checkScheme(_ head: borrowing RequestHead, from peer: Peer) throws(Rejection) {
    guard let scheme = head.scheme else { return }
    if (scheme == .https) != OriginCheck.isSecure(head, peer: peer) { throw rejection(.schemeMismatch, head, on: nil) }
  }

  /// The route of a request; 400 if its path could take two, 404, or 405.
  func route(of head: borrowing RequestHead, from peer: Peer) throws(Rejection) -> Route {
    if let route = try match(head, from: peer, method: head.method) { return route }
    if head.target.hasEncodedSlash { throw rejection(.encodedSlash, head, on: nil) }
    let place = hosted.endpoint(at: head.target.path)
    let methods =
      place?.methods.names ?? routes.allowedMethods(for: head, from: peer, path: head.target.path)
    if methods.isEmpty { throw rejection(.notFound, head, on: nil) }
    var lines = Rejection.lines(for: .methodNotAllowed, ("Allow", methods.joined(separator: ", ")))
    if place?.route.isPrivate == true { _ = lines.append(name: "Cache-Control", value: "no-store") }
    throw rejection(.methodNotAllowed, head, on: nil, lines: lines)
  }

  /// The route for that method.
  ///
  /// Servers disagree whether `;parameters` belong to a path, and whether an encoded slash divides it, so all readings must take the
  /// same one.
  private func match(
    _ head: borrowing RequestHead, from peer: Peer, method: Method
  ) throws(Rejection) -> Route? {
    let route = route(of: head, from: peer, method: method, at: head.target.path)
    if head.target.hasParameters {
      let bare = head.target.pathWithoutParameters
      if self.route(of: head, from: peer, method: method, at: bare.span) !== route {
        throw rejection(.ambiguousParameters, head, on: nil)
      }
    }
    if head.target.hasEncodedSlash {
      let divided = head.target.pathWithSlashesDecoded
      let bare = CanonicalPath.withoutParameters(divided.span)
      for reading in [divided, bare]
      where self.route(of: head, from: peer, method: method, at: reading.span) !== route {
        throw rejection(.encodedSlash, head, on: nil)
      }
    }
    return route
  }

  /// Finds the target of a path and method: a hosted endpoint, which comes before all routes, or else the most specific route.
  private func route(
    of head: borrowing RequestHead, from peer: Peer, method: Method, at path: Span<UInt8>
  ) -> Route? {
    if let endpoint = hosted.endpoint(at: path) { return endpoint.methods.contains(method) ? endpoint.route : nil }
    return routes.route(for: head, from: peer, method: method, path: path)
  }

  /// A browser's question whether a page may send a request, if the route of that request has CORS; nil for ordinary
  /// requests.
  func preflight(_ head: borrowing RequestHead, from peer: Peer) throws(Rejection) -> Preflight? {
    guard let method = Preflight.method(of: head), let route = try match(head, from: peer, method: method),
      let cors = route.cors
    else { return nil }
    return Preflight(method: method, route: route, cors: cors)
  }

  /// Checks the path as the route asks for it: its encoded slashes, and whether the rewritten rest is still canonical.
  func checkPath(_ head: borrowing RequestHead, on route: Route) throws(Rejection) {
    if head.target.hasEncodedSlash && !route.allowsEncodedSlashes { throw rejection(.encodedSlash, head, on: route) }
    if case .forward(let forwarding) = route.action, let rewrite = forwarding.requestRules.rewrite,
      !rewrite.isSafe(for: head.target)
    {
      throw rejection(.ambiguousPath, head, on: route)
    }
  }

  /// Checks that the route admits the client's address.
  func checkAddress(_ head: borrowing RequestHead, peer: Peer, on route: Route) throws(Rejection) {
    guard let addresses = route.addresses else { return }
    if !addresses.admit(trustedProxies.clientAddress(of: head, from: peer)) {
      throw rejection(.addressDenied, head, on: route)
    }
  }

  /// Checks the announced length of the body.
  func checkBody(_ head: borrowing RequestHead, of caller: Caller, on route: Route) throws(Rejection) {
    if route.refuses(head.body) { throw rejection(.bodyTooLarge, head, on: route, identity: caller.identity) }
  }
}

/// The question of a browser whether a page may send a request (Fetch §4.8).
struct Preflight {
  /// The method that the page wants to use.
  let method: Method
  /// The route that the request would take.
  let route: Route
  let cors: CORSPolicy

  /// The method that a page wants to use; nil if this is no preflight.
  static func method(of head: borrowing RequestHead) -> Method? {
    guard head.method == .options, head.fields.contains(.origin),
      let line = try? head.fields.single(.accessControlRequestMethod)
    else { return nil }
    return Method(head.fields.value(at: line))
  }

  func answer(to head: borrowing RequestHead) -> LocalReply {
    LocalReply(
      status: 204, fields: cors.preflightFields(for: head, method: method), body: [], route: route, identity: nil,
      wouldRefuse: nil)
  }
}
