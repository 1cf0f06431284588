import Bytes
import COpenSSL

/// A private key that has been found fit for use; never printed.
package struct PrivateKey: Sendable {
  /// The key that verifies its signatures.
  package let publicKey: PublicKey
  /// PKCS #8 in DER (RFC 5958), not encrypted.
  private let der: [UInt8]

  /// A new key of that kind, from libcrypto's random generator.
  ///
  /// RSA takes from tenths of a second to many seconds.
  ///
  /// - Throws: ``AsymmetricKeyError/modulusSize(bits:)``, ``AsymmetricKeyError/unavailable``.
  package static func generate(_ kind: PublicKeyKind) throws(AsymmetricKeyError) -> PrivateKey {
    if case .rsa(let bits) = kind, !PublicKey.modulusBits.contains(bits) { throw .modulusSize(bits: bits) }
    guard let key = NativeKey.generate(kind) else { throw .unavailable }
    return try PrivateKey(key)
  }

  /// The key in a PEM text: PKCS #8, or the older forms of RSA and EC keys.
  ///
  /// - Throws: ``AsymmetricKeyError``, also for a key whose signatures its public part does not verify.
  package init(pem text: Span<UInt8>) throws(AsymmetricKeyError) {
    try self.init(try PEM.privateKey(in: text))
  }

  private init(_ key: consuming NativeKey) throws(AsymmetricKeyError) {
    guard let components = key.components else { throw .unsupportedKind }
    guard let der = key.pkcs8 else { throw .unavailable }
    publicKey = try PublicKey(components)
    self.der = der
    guard signsForItself else { throw .partsDisagree }
  }

  /// The key as PKCS #8 in PEM, not encrypted: a file for the owner alone.
  ///
  /// - Throws: ``AsymmetricKeyError/unavailable``.
  package func pem() throws(AsymmetricKeyError) -> [UInt8] {
    guard let text = PEM.text(label: "PRIVATE KEY", der) else { throw .unavailable }
    return text
  }

  /// libcrypto's form of it, a new one each time.
  var native: NativeKey? { PEM.privateKey(der) }

  private var signsForItself: Bool {
    let scheme = publicKey.kind.anyScheme
    let message = Array("does this pair belong together?".utf8)
    var signature = ByteBuffer(capacity: 512)
    do throws(CryptographyError) {
      try SignatureMaker(self, scheme: scheme).sign(message.span, into: &signature)
      return try SignatureCheck(publicKey, scheme: scheme).isValid(signature.readable, for: message.span)
    } catch {
      return false
    }
  }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "a private key" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension NativeKey {
  /// A new private key; nil if libcrypto can't make one.
  fileprivate static func generate(_ kind: PublicKeyKind) -> NativeKey? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let algorithm =
      switch kind {
      case .rsa: "RSA"
      case .ellipticCurve: "EC"
      case .ed25519: "ED25519"
      }
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, algorithm, nil) else { return nil }
    // SAFETY: used in this function only; the key it makes is a new one.
    defer { unsafe EVP_PKEY_CTX_free(context) }
    guard unsafe EVP_PKEY_keygen_init(context) == 1 else { return nil }
    switch kind {
    case .rsa(let bits): guard unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1 else { return nil }
    case .ellipticCurve(let curve):
      guard unsafe EVP_PKEY_CTX_set_group_name(context, curve.name.description) == 1 else { return nil }
    case .ed25519: break
    }
    var key: OpaquePointer?
    guard unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key else { return nil }
    return unsafe NativeKey(owning: key)
  }

  /// The private key as PKCS #8 in DER.
  fileprivate var pkcs8: [UInt8]? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let output = MemoryText() else { return nil }
    guard unsafe i2d_PKCS8PrivateKey_bio(output.handle, handle, nil, nil, 0, nil, nil) == 1 else { return nil }
    return output.rest()
  }
}
