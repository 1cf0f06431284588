package import HTTP

/// `auth`: where tokens are looked for, whose are trusted, and what upstreams are told of their bearers.
package struct AuthConfiguration: Sendable {
  /// The status of a refusal for the token's sake: 401 (RFC 6750; the default) or 403.
  package var rejectStatus = 401
  /// The protection space named in `WWW-Authenticate`; default `portcullis`; quotes, backslashes and control characters have been refused.
  package var realm = "portcullis"
  /// The places of a request that may hold its token; none twice; default: `Authorization` alone.
  package var tokenFrom: [TokenPlace] = [.header("Authorization")]
  /// By how much clocks may differ, where an issuer has no word of its own: what holds for the accounts' tokens; default 0 s.
  package var leeway: Duration = .zero
  /// The identity fields and the claims that they are made from; no name twice, in any spelling.
  package var identityHeaders: [IdentityHeader] = [
    IdentityHeader(name: "X-Auth-User", claim: "sub"), IdentityHeader(name: "X-Auth-Issuer", claim: "iss"),
    IdentityHeader(name: "X-Auth-Roles", claim: "roles"), IdentityHeader(name: "X-Auth-Scope", claim: "scope"),
  ]
  /// The assertions that upstreams can check for themselves; none unless configured.
  package var identityAssertion: AssertionConfiguration?
  /// True if upstreams see the token itself; default true.
  package var forwardToken = true
  /// The issuers whose tokens are accepted; no name twice.
  package var issuers: [IssuerConfiguration] = []
  /// After how long tokens with an unknown `kid` may have an issuer's keys fetched once more; default 30 s.
  package var keySetCooldown: Duration = .seconds(30)
  /// The longest wait of a request whose token names an unknown `kid` for the keys to be fetched; default 2 s.
  package var keySetWait: Duration = .seconds(2)

  /// The proxies of the environment that keys are fetched through.
  package var proxies = ForwardProxies()

  package init() {}
}

/// A place of a request that may hold a token (`token_from`).
package enum TokenPlace: Sendable, Hashable {
  /// The field of that name.
  case header(String)
  /// The cookie of that name.
  case cookie(String)
  /// The query parameter of that name; GET and HEAD only.
  case query(String)
  /// Behind this element of `Sec-WebSocket-Protocol`; handshakes of WebSockets only.
  case webSocketProtocol(String)
}

/// A field that tells upstreams of a claim (`identity_headers`).
package struct IdentityHeader: Sendable, Hashable {
  package var name: String
  package var claim: String

  package init(name: String, claim: String) {
    self.name = name
    self.claim = claim
  }
}
