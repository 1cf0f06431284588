/// `auth`: where tokens are looked for, whose are trusted, and what upstreams are told of their bearers.
package struct AuthConfiguration: Sendable {
  /// The status of a refusal for the token's sake: 401 (RFC 6750; the default) or 403.
  package var rejectStatus = 401
  /// The protection space named in `WWW-Authenticate`; default `portcullis`; quotes, backslashes and control characters have been refused.
  package var realm = "portcullis"
  /// Where a request may carry its token; no place twice; default: `Authorization` alone.
  package var tokenFrom: [TokenPlace] = [.header("Authorization")]
  /// By how much clocks may differ, where an issuer has no word of its own: what holds for the accounts' tokens; default 0 s.
  package var leeway: Duration = .zero
  /// Which fields upstreams get, from which claims; no name twice, in any spelling.
  package var identityHeaders: [IdentityHeader] = [
    IdentityHeader(name: "X-Auth-User", claim: "sub"), IdentityHeader(name: "X-Auth-Issuer", claim: "iss"),
    IdentityHeader(name: "X-Auth-Roles", claim: "roles"), IdentityHeader(name: "X-Auth-Scope", claim: "scope"),
  ]
  /// What upstreams can check for themselves; none unless configured.
  package var identityAssertion: AssertionConfiguration?
  /// Whether upstreams see the token itself; default true.
  package var forwardToken = true
  /// Whose tokens are accepted; no name twice.
  package var issuers: [IssuerConfiguration] = []

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

/// An entry of `auth.issuers`: somebody whose tokens are accepted.
package struct IssuerConfiguration: Sendable {
  /// What `iss` must be, exactly.
  package var name: Located<String>
  package var audience: AudienceRule
  /// Which algorithms its keys may be used with; not empty; default: the HMAC algorithm of SHA-256.
  package var algorithms: [SigningAlgorithm] = [.hs256]
  /// The file of the shared secret; relative to the configuration's folder it has been resolved.
  package var secretFile: Located<String>
  /// By how much clocks may differ: `leeway` of the issuer, or else of `auth`; default 0 s.
  package var leeway: Duration = .zero
  /// How long a token may live at most, from `iat` to `exp`; none unless configured.
  package var maxTTL: Duration?
  /// Whether a token must have `exp`; default true.
  package var requiresExpiry = true

  package init(name: Located<String>, audience: AudienceRule, secretFile: Located<String>) {
    self.name = name
    self.audience = audience
    self.secretFile = secretFile
  }
}

/// What the `aud` of a token must be.
package enum AudienceRule: Sendable, Equatable {
  /// Anything, or absent: `"any"`.
  case any
  /// At least one of these must be there; not empty.
  case oneOf([String])
}

/// The algorithms that the gateway knows by name (RFC 7518 §3.1, RFC 8037), by the names that a token has for them.
package enum SigningAlgorithm: String, Sendable, Hashable, CaseIterable {
  case hs256 = "HS256"
  case hs384 = "HS384"
  case hs512 = "HS512"
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"
  case eddsa = "EdDSA"

  /// Whether it is an HMAC, whose key is a shared secret.
  package var isSymmetric: Bool {
    switch self {
    case .hs256, .hs384, .hs512: true
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .es256, .es384, .es512, .eddsa: false
    }
  }
}
