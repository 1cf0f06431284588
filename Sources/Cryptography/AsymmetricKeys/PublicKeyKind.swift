/// The kinds of keys that sign and verify.
package enum PublicKeyKind: Sendable, Hashable {
  case rsa(modulusBits: Int)
  case ellipticCurve(EllipticCurve)
  case ed25519
}

/// The numbers that make up a public key, big-endian as JWK writes them (RFC 7518 §6, RFC 8037 §2).
package enum PublicKeyComponents: Sendable, Hashable {
  /// Both without leading zeros.
  case rsa(modulus: [UInt8], exponent: [UInt8])
  /// Both as long as the curve's field.
  case ellipticCurve(EllipticCurve, x: [UInt8], y: [UInt8])
  /// 32 bytes.
  case ed25519([UInt8])
}
