import COpenSSL

/// Keys written as text between `-----BEGIN …-----` and `-----END …-----` (RFC 7468).
enum PEM {
  private struct Block {
    let label: String
    /// True if it has the fields of an encrypted block (RFC 1421 §4.6.1.1).
    let isEncrypted: Bool
    let contents: [UInt8]
  }

  /// The only public key of the text, or that of its first certificate.
  static func publicKey(in text: Span<UInt8>) throws(AsymmetricKeyError) -> NativeKey {
    let blocks = try blocks(in: text)
    guard let first = blocks.first else { throw .notPEM }
    let key: NativeKey?
    switch first.label {
    case "PUBLIC KEY": key = publicKey(first.contents, as: "PUBLIC KEY")
    case "RSA PUBLIC KEY": key = publicKey(first.contents, as: "RSA PUBLIC KEY")
    case "CERTIFICATE", "X509 CERTIFICATE": key = publicKey(first.contents, as: "CERTIFICATE")
    default: throw .pemOfOtherKind(label: shown(first.label), expected: "PUBLIC KEY or CERTIFICATE")
    }
    let isChain = first.label.hasSuffix("CERTIFICATE") && blocks.allSatisfy { $0.label.hasSuffix("CERTIFICATE") }
    guard isChain || blocks.count == 1 else { throw .pemOfSeveralKeys }
    guard let key else { throw .pemDamaged }
    return key
  }

  /// The only private key of the text: PKCS #8, or the older forms of RSA and EC keys.
  static func privateKey(in text: Span<UInt8>) throws(AsymmetricKeyError) -> NativeKey {
    // `openssl ecparam -genkey` writes the curve's name in front of the key, which names it too.
    let blocks = try blocks(in: text).filter { $0.label != "EC PARAMETERS" }
    guard let block = blocks.first else { throw .notPEM }
    guard blocks.count == 1 else { throw .pemOfSeveralKeys }
    switch block.label {
    case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY": break
    case "ENCRYPTED PRIVATE KEY": throw .pemEncrypted
    default: throw .pemOfOtherKind(label: shown(block.label), expected: "PRIVATE KEY")
    }
    guard !block.isEncrypted else { throw .pemEncrypted }
    guard let key = privateKey(block.contents) else { throw .pemDamaged }
    return key
  }

  /// The private key that these bytes are in DER, nil if they are none or something follows it.
  static func privateKey(_ der: [UInt8]) -> NativeKey? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    // SAFETY: libcrypto reads `count` bytes from `start` and says how far it came.
    let key = unsafe der.span.withUnsafeBufferPointer { bytes -> OpaquePointer? in
      var position = bytes.baseAddress
      guard let key = unsafe d2i_AutoPrivateKey(nil, &position, bytes.count) else { return nil }
      if unsafe position == bytes.baseAddress?.advanced(by: bytes.count) { return unsafe key }
      unsafe EVP_PKEY_free(key)
      return nil
    }
    guard let key = unsafe key else { return nil }
    return unsafe NativeKey(owning: key)
  }

  /// The first certificate of the text in DER; nil if something else stands there first.
  static func certificate(in text: Span<UInt8>) -> [UInt8]? {
    guard let block = try? blocks(in: text).first, block.label == "CERTIFICATE", !block.isEncrypted else { return nil }
    return block.contents
  }

  /// The text of one block.
  static func text(label: String, _ contents: [UInt8]) -> [UInt8]? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard contents.count <= Int(Int32.max), let output = MemoryText() else { return nil }
    // SAFETY: libcrypto reads `count` bytes.
    let isWritten = unsafe contents.span.withUnsafeBufferPointer {
      unsafe PEM_write_bio(output.handle, label, "", $0.baseAddress, $0.count) > 0
    }
    return isWritten ? output.rest() : nil
  }

  private static func publicKey(_ der: [UInt8], as label: StaticString) -> NativeKey? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    // SAFETY: libcrypto reads `count` bytes from `start` and says how far it came.
    let key = unsafe der.span.withUnsafeBufferPointer { bytes -> OpaquePointer? in
      var position = bytes.baseAddress
      let key: OpaquePointer?
      switch label.description {
      case "CERTIFICATE":
        guard let certificate = unsafe d2i_X509(nil, &position, bytes.count) else { return nil }
        unsafe key = X509_get_pubkey(certificate)
        unsafe X509_free(certificate)
      case "RSA PUBLIC KEY": unsafe key = d2i_PublicKey(EVP_PKEY_RSA, nil, &position, bytes.count)
      default: unsafe key = d2i_PUBKEY(nil, &position, bytes.count)
      }
      if unsafe position == bytes.baseAddress?.advanced(by: bytes.count) { return unsafe key }
      unsafe EVP_PKEY_free(key)
      return nil
    }
    guard let key = unsafe key else { return nil }
    return unsafe NativeKey(owning: key)
  }

  /// The blocks of the text in their order; what stands around them is a comment.
  private static func blocks(in text: Span<UInt8>) throws(AsymmetricKeyError) -> [Block] {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let input = MemoryText(text) else { throw .unavailable }
    var blocks: [Block] = []
    while blocks.count < blockCountMax {
      var label: UnsafeMutablePointer<CChar>?
      var fields: UnsafeMutablePointer<CChar>?
      var contents: UnsafeMutablePointer<UInt8>?
      var count = 0
      guard unsafe PEM_read_bio(input.handle, &label, &fields, &contents, &count) == 1 else {
        let reason = ERR_GET_REASON(ERR_peek_last_error())
        if reason == PEM_R_NO_START_LINE { return blocks }
        throw .pemDamaged
      }
      // SAFETY: libcrypto made all three for us, the texts with a NUL at their end.
      defer {
        unsafe CRYPTO_free(label, nil, 0)
        unsafe CRYPTO_free(fields, nil, 0)
        unsafe CRYPTO_clear_free(contents, count, nil, 0)
      }
      guard let label = unsafe label, let fields = unsafe fields, let contents = unsafe contents, count >= 0 else {
        throw .pemDamaged
      }
      blocks.append(
        unsafe Block(
          label: String(cString: label), isEncrypted: fields.pointee != 0,
          contents: Array(UnsafeBufferPointer(start: contents, count: count))))
    }
    return blocks
  }

  /// As many certificates as any chain has.
  private static let blockCountMax = 16

  /// A label as a message may quote it.
  private static func shown(_ label: String) -> String {
    String(
      label.unicodeScalars.prefix(40).map { $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" })
  }
}
