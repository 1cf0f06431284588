package import HTTP

/// An answer of the gateway's own, without an upstream.
package enum LocalAction: Sendable {
  /// The answer is known: a route spells it out, or it is that to a preflight.
  case fixed(LocalReply)
  /// One of the endpoints of the accounts has to work it out.
  case hosted(EndpointRequest)

  /// The route that led to it; nil for a listener's redirect.
  package var route: Route? {
    switch self {
    case .fixed(let answer): answer.route
    case .hosted(let call): call.route
    }
  }

  /// The caller, if the token proves one.
  package var identity: Identity? {
    switch self {
    case .fixed(let answer): answer.identity
    case .hosted(let call): call.identity
    }
  }

  /// The reason for which `required` would have refused the request, on a route with `report`.
  package var wouldRefuse: RejectionReason? {
    switch self {
    case .fixed(let answer): answer.wouldRefuse
    case .hosted: nil
    }
  }
}

/// A request to one of the hosted endpoints that may be answered, with a method that the endpoint has.
package struct EndpointRequest: Sendable {
  package let endpoint: HostedEndpoint
  package let route: Route
  /// The caller; there for endpoints that take tokens, and only for them.
  package let identity: Identity?
  /// The CORS fields of the answer; empty where CORS is not configured.
  package let cors: FieldBlock
}

/// The endpoints that the gateway answers at itself: those that accounts bring with them, and those that tell of its keys.
package enum HostedEndpoint: Sendable, Hashable, CaseIterable {
  case register
  case login
  case refresh
  case logout
  case password
  /// The caller's sessions.
  case sessions
  /// One of them, named by the last segment of the path.
  case session
  case me
  /// The public keys (RFC 7517 §5).
  case keySet
  /// The description of the issuer (OpenID Connect Discovery 1.0 §4).
  case discovery

  /// The body that an endpoint takes.
  package enum BodyUse: Sendable, Hashable {
    /// None: one that comes is not looked at.
    case ignored
    /// A JSON object, or none.
    case optional
    /// A JSON object.
    case required
  }

  var methods: [Method] {
    switch self {
    case .register, .login, .refresh, .logout, .password: [.post]
    case .sessions: [.get, .head, .delete]
    case .session: [.delete]
    case .me, .keySet, .discovery: [.get, .head]
    }
  }

  package var bodyUse: BodyUse {
    switch self {
    case .register, .login, .refresh, .password: .required
    case .logout: .optional
    case .sessions, .session, .me, .keySet, .discovery: .ignored
    }
  }

  /// True for endpoints that take only tokens of the accounts.
  var needsToken: Bool {
    switch self {
    case .register, .login, .refresh, .keySet, .discovery: false
    case .logout, .password, .sessions, .session, .me: true
    }
  }

  /// The longest body of a request, in bytes.
  package static let bodyLimit = 16 * 1024
}

extension Policy {
  /// A refusal by a hosted endpoint, with its challenge and what browsers are told.
  ///
  /// - Parameters:
  ///   - details: in place of the reason's own message.
  ///   - seconds: when it is worth while to come again, where the reason does not say.
  ///   - limit: the number of requests that a limit admits, where it is one.
  package func rejection(
    _ reason: RejectionReason, of call: EndpointRequest, details: String? = nil, retryAfter seconds: Int? = nil,
    limit: Int? = nil
  ) -> Rejection {
    var lines = seconds.map { Rejection.lines(for: reason, ("Retry-After", "\($0)")) } ?? challenges.lines(for: reason)
    if let limit, let seconds {
      _ = lines.append(name: "RateLimit-Limit", value: "\(limit)")
      _ = lines.append(name: "RateLimit-Remaining", value: "0")
      _ = lines.append(name: "RateLimit-Reset", value: "\(seconds)")
    }
    return Rejection(
      reason, lines: lines, details: details, cors: call.cors, route: call.route, identity: call.identity)
  }
}
