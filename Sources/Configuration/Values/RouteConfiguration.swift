package import HTTP
package import JSON

/// An entry of `routes`: which requests, who may send them, and what becomes of them.
package struct RouteConfiguration: Sendable {
  /// The place of the entry in the file.
  package var location: SourceLocation
  package var match: RouteMatch
  package var action: RouteAction
  /// Default `required`: forgetting the key must not open a hole.
  package var auth: RouteAuthentication = .required
  /// The conditions on a verified token or certificate; for `optional`, `none` and `certificate` on a certificate alone.
  package var requirements = RouteRequirements()
  /// Cut off the front of the path before it is forwarded; whole segments of the route's own path.
  package var stripPrefix: String?
  /// Put in front of the path (after `strip_prefix`) before it is forwarded; canonical, without a final slash.
  package var addPrefix: String?
  /// Default `keep`.
  package var hostHeader: HostHeader = .keep
  /// Changes to the fields that go upstream.
  package var requestFields = FieldEdits()
  /// Changes to the fields that go to the client; for `respond` and `redirect` already done in their own fields.
  package var responseFields = FieldEdits()
  /// True if a path with `%2F` may pass, as data of a segment; default false.
  package var allowsEncodedSlashes = false
  /// The limit on a request's body: the route's `max_body`, or else the one of `limits`.
  package var maxBody: BodyLimit = .bytes(LimitsConfiguration.defaultMaxBody)
  /// The longest time from the first byte of the request's head to the last byte of the response; none unless configured.
  package var timeout: Duration?
  /// The route's own `cors`, or else the one at the top; nil if there is none or the route says `false`.
  package var cors: CORSConfiguration?
  /// Networks a client must be in, not empty; nil for any.
  package var allowAddresses: [AddressRange]?
  /// Networks a client must not be in; they count more than `allowAddresses`.
  package var denyAddresses: [AddressRange] = []
  /// The rules for WebSockets; nil if none are opened (`false`).
  package var webSocket: WebSocketConfiguration? = WebSocketConfiguration()

  package init(location: SourceLocation, match: RouteMatch, action: RouteAction) {
    self.location = location
    self.match = match
    self.action = action
  }
}

/// The end of a route: how it answers a request.
package enum RouteAction: Sendable {
  /// It is forwarded to the upstream at that place of ``GatewayConfiguration/upstreams``.
  case forward(upstream: Int)
  /// It is answered by the gateway itself.
  case respond(FixedResponse)
}

/// An answer that the configuration spells out: what `respond` and `redirect` come to.
package struct FixedResponse: Sendable {
  /// 200 to 599.
  package var status: Int
  /// In order, with `Content-Type` and, for a redirect, `Location`; without `Content-Length`, which is the body's.
  package var fields: [Field]
  package var body: [UInt8]

  package init(status: Int, fields: [Field] = [], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

/// The authentication that a route asks for (`auth`).
package enum RouteAuthentication: String, Sendable, Hashable, CaseIterable {
  /// Only a valid token lets a request through.
  case required
  /// Without a token a request is anonymous; a bad token is refused.
  case optional
  /// As `required` would decide, but only said, not done.
  case report
  /// Only a verified client certificate lets a request through; tokens are not looked at.
  case certificate
  /// Tokens are not looked at.
  case none
}

extension RouteAuthentication {
  /// True if tokens are looked for in requests.
  package var looksAtTokens: Bool {
    switch self {
    case .required, .optional, .report: true
    case .certificate, .none: false
    }
  }
}

/// The conditions on a verified token or certificate (`require`); a list that is empty asks for nothing.
package struct RouteRequirements: Sendable {
  /// Roles that it must all have.
  package var roles: [String] = []
  /// Roles of which it must have one.
  package var anyRole: [String] = []
  /// Scope words that it must all have.
  package var scope: [String] = []
  /// Claims that must have one of the values listed; a claim that is itself a list must hold one of them.
  ///
  /// Those of a certificate are among them (``ClaimRequirement/certificateClaim``).
  package var claims: [ClaimRequirement] = []
  /// Issuers of which one must have issued it; each is one of `auth.issuers`.
  package var issuers: [String] = []

  package init() {}

  package var isEmpty: Bool {
    roles.isEmpty && anyRole.isEmpty && scope.isEmpty && claims.isEmpty && issuers.isEmpty
  }
}

/// A claim and the values that it may have.
package struct ClaimRequirement: Sendable {
  package var name: String
  /// Strings, numbers or booleans; not empty.
  package var allowed: [JSONValue]

  package init(name: String, allowed: [JSONValue]) {
    self.name = name
    self.allowed = allowed
  }
}

/// The `Host` that an upstream gets (`host_header`).
package enum HostHeader: String, Sendable, Hashable, CaseIterable {
  /// The client's.
  case keep
  /// The server's address, as the configuration writes it.
  case upstream
}

/// The limit on a request's body.
package enum BodyLimit: Sendable, Hashable {
  case unlimited
  case bytes(Int)
}
