package import Cryptography

/// The algorithms that may sign a token (RFC 7518 §3.1, RFC 8037).
///
/// An unsigned token, `none`, can't be said in this type.
package enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
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

  /// The algorithm of that name, spelled exactly as the RFCs have it: `hs256` is none of them.
  package init?(name: String) {
    self.init(rawValue: name)
  }

  /// The kind of key it takes.
  package var family: KeyFamily {
    switch self {
    case .hs256, .hs384, .hs512: .secret
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
    case .es256, .es384, .es512: .ellipticCurve
    case .eddsa: .edwards
    }
  }

  /// The hash of an HMAC algorithm, nil for the others.
  package var hmacHash: HashFunction? {
    switch self {
    case .hs256: .sha256
    case .hs384: .sha384
    case .hs512: .sha512
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .es256, .es384, .es512, .eddsa: nil
    }
  }
}

/// The kinds of keys.
///
/// A key belongs to one and serves algorithms of that one only, whatever a token asks for.
package enum KeyFamily: Sendable, Hashable {
  case secret
  case rsa
  case ellipticCurve
  case edwards
}
