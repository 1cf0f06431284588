import Bytes

/// A public key that has been found fit for use.
///
/// Nothing but the numbers: each ``SignatureCheck`` makes libcrypto's form of it for itself, so that no thread waits for another's
/// reference count.
package struct PublicKey: Sendable, Hashable {
  /// The sizes of an RSA modulus that are taken: shorter ones can be factored, longer ones take too much time to verify with.
  package static let modulusBits = 2048...8192

  package let kind: PublicKeyKind
  /// The numbers it is made of, for writing it down.
  package let components: PublicKeyComponents

  /// An RSA key; zeros in front of either number mean nothing.
  ///
  /// - Throws: ``AsymmetricKeyError`` for a modulus that is no product of two large primes, and for an unusual exponent.
  package init(rsaModulus modulus: Span<UInt8>, exponent: Span<UInt8>) throws(AsymmetricKeyError) {
    let modulus = modulus.withoutLeadingZeros
    let exponent = exponent.withoutLeadingZeros
    let bits = try RSAKeyRules.check(modulus: modulus, exponent: exponent)
    try self.init(.rsa(modulusBits: bits), .rsa(modulus: modulus.array, exponent: exponent.array))
  }

  /// A point of one of the curves of ECDSA, its coordinates as long as the curve's.
  ///
  /// - Throws: ``AsymmetricKeyError`` for numbers that are no point of the curve.
  package init(_ curve: EllipticCurve, x: Span<UInt8>, y: Span<UInt8>) throws(AsymmetricKeyError) {
    let expected = curve.coordinateByteCount
    guard x.count == expected else { throw .coordinateLength(x.count, expected: expected) }
    guard y.count == expected else { throw .coordinateLength(y.count, expected: expected) }
    try self.init(.ellipticCurve(curve), .ellipticCurve(curve, x: x.array, y: y.array))
  }

  /// An Ed25519 key of 32 bytes (RFC 8032 §5.1.5).
  ///
  /// - Throws: ``AsymmetricKeyError`` for bytes that are no point of the curve, or one of small order.
  package init(ed25519 bytes: Span<UInt8>) throws(AsymmetricKeyError) {
    try EdwardsKeyRules.check(bytes)
    try self.init(.ed25519, .ed25519(bytes.array))
  }

  /// The key in a PEM text: `PUBLIC KEY` (RFC 5280), `RSA PUBLIC KEY` (RFC 8017 §A.1.1) or the first of its `CERTIFICATE`s, of which
  /// nothing but the key is looked at.
  ///
  /// - Throws: ``AsymmetricKeyError``.
  package init(pem text: Span<UInt8>) throws(AsymmetricKeyError) {
    let key = try PEM.publicKey(in: text)
    guard let components = key.components else { throw .unsupportedKind }
    try self.init(components)
  }

  /// - Throws: as the initializers for the kinds do.
  init(_ components: PublicKeyComponents) throws(AsymmetricKeyError) {
    switch components {
    case .rsa(let modulus, let exponent): try self.init(rsaModulus: modulus.span, exponent: exponent.span)
    case .ellipticCurve(let curve, let x, let y): try self.init(curve, x: x.span, y: y.span)
    case .ed25519(let bytes): try self.init(ed25519: bytes.span)
    }
  }

  private init(_ kind: PublicKeyKind, _ components: PublicKeyComponents) throws(AsymmetricKeyError) {
    self.kind = kind
    self.components = components
    guard NativeKey.make(components) != nil else {
      switch kind {
      case .ellipticCurve: throw .pointNotOnCurve
      case .rsa, .ed25519: throw .unavailable
      }
    }
  }
}

extension Span<UInt8> {
  fileprivate var withoutLeadingZeros: Span<UInt8> {
    @_lifetime(copy self)
    get {
      var zeros = 0
      while zeros < count, self[zeros] == 0 { zeros += 1 }
      return extracting(zeros...)
    }
  }
}
