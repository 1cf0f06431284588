import COpenSSL

/// libcrypto's form of a key (`EVP_PKEY`), owned by its user: nothing of it is shared between threads.
@safe
struct NativeKey: ~Copyable {
  // SAFETY: made before init, freed in deinit.
  private let key: OpaquePointer

  /// Takes a key over.
  @unsafe init(owning key: OpaquePointer) { unsafe self.key = key }

  deinit { unsafe EVP_PKEY_free(key) }

  /// libcrypto's own handle, for as long as this key lives.
  @unsafe var handle: OpaquePointer { unsafe key }

  /// Makes the public key of these components; nil if libcrypto finds that they are none.
  static func make(_ components: PublicKeyComponents) -> NativeKey? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    switch components {
    case .rsa(let modulus, let exponent): return rsa(modulus, exponent)
    case .ellipticCurve(let curve, let x, let y): return point(of: curve, x, y)
    case .ed25519(let bytes):
      let made = unsafe bytes.span.withUnsafeBufferPointer {
        unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, $0.baseAddress, $0.count)
      }
      guard let made = unsafe made else { return nil }
      return unsafe NativeKey(owning: made)
    }
  }

  private static func rsa(_ modulus: [UInt8], _ exponent: [UInt8]) -> NativeKey? {
    guard let n = BigNumber(modulus.span), let e = BigNumber(exponent.span) else { return nil }
    // SAFETY: the list refers to both numbers until it is used up in `key(_:from:)`.
    guard let list = unsafe OSSL_PARAM_BLD_new() else { return nil }
    defer { unsafe OSSL_PARAM_BLD_free(list) }
    guard
      unsafe OSSL_PARAM_BLD_push_BN(list, parameterName("n"), n.handle) == 1,
      unsafe OSSL_PARAM_BLD_push_BN(list, parameterName("e"), e.handle) == 1
    else { return nil }
    return unsafe key("RSA", from: list)
  }

  private static func point(of curve: EllipticCurve, _ x: [UInt8], _ y: [UInt8]) -> NativeKey? {
    // Uncompressed (SEC 1 §2.3.3); libcrypto checks that it lies on the curve.
    let point = [0x04] + x + y
    guard let list = unsafe OSSL_PARAM_BLD_new() else { return nil }
    defer { unsafe OSSL_PARAM_BLD_free(list) }
    // SAFETY: the list refers to the bytes until it is used up in `key(_:from:)`.
    return unsafe point.span.withUnsafeBufferPointer { bytes in
      guard
        unsafe OSSL_PARAM_BLD_push_utf8_string(list, parameterName("group"), parameterName(curve.name), 0) == 1,
        unsafe OSSL_PARAM_BLD_push_octet_string(list, parameterName("pub"), bytes.baseAddress, bytes.count) == 1
      else { return nil }
      return unsafe key("EC", from: list)
    }
  }

  private static func key(_ algorithm: String, from list: OpaquePointer) -> NativeKey? {
    guard let parameters = unsafe OSSL_PARAM_BLD_to_param(list) else { return nil }
    defer { unsafe OSSL_PARAM_free(parameters) }
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, algorithm, nil) else { return nil }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard
      unsafe EVP_PKEY_fromdata_init(context) == 1,
      unsafe EVP_PKEY_fromdata(context, &key, portcullis_public_key_selection(), parameters) == 1,
      let key = unsafe key
    else { return nil }
    return unsafe NativeKey(owning: key)
  }

  // MARK: What a key is

  /// The public part of the key; nil if it is of no kind that we use.
  var components: PublicKeyComponents? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    if isA("RSA") {
      guard let modulus = number(OSSL_PKEY_PARAM_RSA_N)?.minimalBytes,
        let exponent = number(OSSL_PKEY_PARAM_RSA_E)?.minimalBytes
      else { return nil }
      return .rsa(modulus: modulus, exponent: exponent)
    }
    if isA("EC") {
      guard let curve, let x = number(OSSL_PKEY_PARAM_EC_PUB_X)?.bytes(count: curve.coordinateByteCount),
        let y = number(OSSL_PKEY_PARAM_EC_PUB_Y)?.bytes(count: curve.coordinateByteCount)
      else { return nil }
      return .ellipticCurve(curve, x: x, y: y)
    }
    return isA("ED25519") ? rawBytes.map(PublicKeyComponents.ed25519) : nil
  }

  private func isA(_ algorithm: String) -> Bool { unsafe EVP_PKEY_is_a(key, algorithm) == 1 }

  private func number(_ name: String) -> BigNumber? {
    var number: OpaquePointer?
    guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1, let number = unsafe number else { return nil }
    return unsafe BigNumber(owning: number)
  }

  private var curve: EllipticCurve? {
    var name = [CChar](repeating: 0, count: 64)
    var count = 0
    // SAFETY: libcrypto writes at most as many bytes as it is told of.
    let isNamed = unsafe name.withUnsafeMutableBufferPointer {
      unsafe EVP_PKEY_get_group_name(key, $0.baseAddress, $0.count, &count) == 1
    }
    guard isNamed, count < name.count else { return nil }
    return EllipticCurve(named: String(decoding: name[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  private var rawBytes: [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    // SAFETY: libcrypto writes at most `count` bytes.
    let isWritten = unsafe bytes.withUnsafeMutableBufferPointer {
      unsafe EVP_PKEY_get_raw_public_key(key, $0.baseAddress, &count) == 1
    }
    return isWritten && count == bytes.count ? bytes : nil
  }
}
