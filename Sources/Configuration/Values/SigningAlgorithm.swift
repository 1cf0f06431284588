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
  /// EdDSA with Ed25519.
  case eddsa = "EdDSA"

  /// The algorithm of that name; `Ed25519` (RFC 9864 §2.2) is another one for EdDSA.
  package init?(name: String) { self.init(rawValue: name == "Ed25519" ? "EdDSA" : name) }

  /// Every name that a configuration may have for one.
  package static var names: [String] { allCases.map(\.rawValue) + ["Ed25519"] }

  /// True for an HMAC, whose key is a shared secret.
  package var isSymmetric: Bool {
    switch self {
    case .hs256, .hs384, .hs512: true
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .es256, .es384, .es512, .eddsa: false
    }
  }
}
