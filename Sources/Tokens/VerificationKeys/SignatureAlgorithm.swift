import Bytes
package import Cryptography

/// The algorithms that may sign a token (RFC 7518 §3.1, RFC 8037, RFC 9864).
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
  /// EdDSA with Ed25519, the only curve of it that we take; `Ed25519` (RFC 9864 §2.2) is another name for it.
  case eddsa = "EdDSA"

  /// The algorithm of that name, spelled exactly as the RFCs have it: `hs256` is none of them.
  package init?(name: String) {
    let bytes = name.utf8Span.span
    if bytes.equals("Ed25519") {
      self = .eddsa
      return
    }
    guard let algorithm = Self.allCases.first(where: { $0.rawValue.utf8Span.span.equals(bytes) }) else { return nil }
    self = algorithm
  }

  /// Every name that a configuration may have for one.
  package static var names: [String] { allCases.map(\.rawValue) + ["Ed25519"] }

  /// True for an HMAC, whose key is a shared secret.
  package var isSymmetric: Bool { family == .secret }

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

extension SignatureAlgorithm {
  /// The scheme by which a private key signs for it; nil for HMAC.
  var scheme: SignatureScheme? {
    switch self {
    case .hs256, .hs384, .hs512: nil
    case .rs256: .rsaPKCS1(.sha256)
    case .rs384: .rsaPKCS1(.sha384)
    case .rs512: .rsaPKCS1(.sha512)
    case .ps256: .rsaPSS(.sha256)
    case .ps384: .rsaPSS(.sha384)
    case .ps512: .rsaPSS(.sha512)
    case .es256: .ecdsa(.sha256)
    case .es384: .ecdsa(.sha384)
    case .es512: .ecdsa(.sha512)
    case .eddsa: .ed25519
    }
  }

  /// The algorithms that a public key of that kind can serve: the key says so, whatever a token asks for (RFC 8725 §3.1).
  package static func all(for kind: PublicKeyKind) -> [SignatureAlgorithm] {
    switch kind {
    case .rsa: [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]
    case .ellipticCurve(.p256): [.es256]
    case .ellipticCurve(.p384): [.es384]
    case .ellipticCurve(.p521): [.es512]
    case .ed25519: [.eddsa]
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
