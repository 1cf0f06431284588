package import HTTP
package import Tokens

/// An entry of `auth.issuers`: an issuer whose tokens are accepted.
package struct IssuerConfiguration: Sendable {
  /// The exact `iss` of the issuer's tokens.
  package var name: Located<String>
  package var audience: AudienceRule
  /// The origin of its keys; the place is that of the path or URL.
  package var keys: Located<KeyOrigin>
  /// The file of the certificate authorities that may vouch for where the keys are fetched, beside those that the system trusts.
  package var authorities: Located<String>?
  /// The algorithms that its keys may be used with; not empty; default: ``KeyOrigin/defaultAlgorithms``.
  package var algorithms: [SignatureAlgorithm]
  /// By how much clocks may differ: `leeway` of the issuer, or else of `auth`; default 0 s.
  package var leeway: Duration = .zero
  /// The longest life of a token, from `iat` to `exp`; none unless configured.
  package var maxTTL: Duration?
  /// True if a token must have `exp`; default true.
  package var requiresExpiry = true
  /// The claims that hold the subject, the roles and the scope in its tokens.
  package var claims = ClaimNamesConfiguration()
  /// True if a whole number may name the subject; default false.
  package var takesNumericSubject = false
  /// True if a token that is bound to nothing (`cnf`) is refused; default false.
  package var requiresBinding = false

  package init(name: Located<String>, audience: AudienceRule, keys: Located<KeyOrigin>) {
    self.name = name
    self.audience = audience
    self.keys = keys
    algorithms = keys.value.defaultAlgorithms
  }
}

/// `claims` of an issuer: names of claims, or paths with dots into those that are objects.
package struct ClaimNamesConfiguration: Sendable, Equatable {
  /// The claim that names the subject; default `sub`.
  package var subject = "sub"
  /// Default `roles`.
  package var roles = "roles"
  /// Default `scope`.
  package var scope = "scope"

  package init() {}
}

/// The origin of an issuer's keys; paths are already resolved against the configuration's folder.
package enum KeyOrigin: Sendable, Hashable {
  /// A file that holds a shared secret and nothing else.
  case secretFile(String)
  /// A file with one public key, as PEM or as a JWK.
  case publicKeyFile(String)
  /// A file with a JWK Set, of public keys, shared secrets or both.
  case keySetFile(String)
  /// A JWK Set of public keys that is fetched.
  case keySetURL(HTTPURL)
  /// The same, from where the provider's own description at this URL says it is (OpenID Connect Discovery 1.0).
  case discovery(HTTPURL)

  /// The algorithms for an issuer that lists none: for a secret the HMAC of SHA-256, for all others every algorithm with a public
  /// key, so that a shared secret is used only where somebody has asked for it.
  package var defaultAlgorithms: [SignatureAlgorithm] {
    switch self {
    case .secretFile: [.hs256]
    case .publicKeyFile, .keySetFile, .keySetURL, .discovery: SignatureAlgorithm.allCases.filter { !$0.isSymmetric }
    }
  }

  /// The URL that is fetched first; nil for a file.
  package var url: HTTPURL? {
    switch self {
    case .secretFile, .publicKeyFile, .keySetFile: nil
    case .keySetURL(let url), .discovery(let url): url
    }
  }
}
