import COpenSSL

/// libcrypto's form of a certificate (`X509`), owned by its user.
@safe
struct Certificate: ~Copyable {
  // SAFETY: made in init, freed in deinit.
  private let certificate: OpaquePointer

  /// Nil unless the bytes are a certificate in DER and nothing else.
  init?(der bytes: Span<UInt8>) {
    // SAFETY: libcrypto reads `count` bytes from `start` and says how far it came.
    let made = unsafe bytes.withUnsafeBufferPointer { bytes -> OpaquePointer? in
      var position = bytes.baseAddress
      guard let made = unsafe d2i_X509(nil, &position, bytes.count) else { return nil }
      if unsafe position == bytes.baseAddress?.advanced(by: bytes.count) { return unsafe made }
      unsafe X509_free(made)
      return nil
    }
    guard let made = unsafe made else { return nil }
    unsafe certificate = made
  }

  deinit { unsafe X509_free(certificate) }

  /// The subject as RFC 4514 has it; nil if it has no such form.
  var subject: String? {
    guard let text = MemoryText(), unsafe portcullis_write_subject(text.handle, certificate) >= 0 else { return nil }
    return String(validating: text.rest(), as: UTF8.self)
  }

  /// The subject's alternative names that are well formed; empty where the extension is absent, stands there twice or is malformed.
  ///
  /// A name with a control, a blank or something beyond ASCII in it is none: programs would read it as different ones.
  var alternativeNames: [ClientCertificate.AlternativeName] {
    guard let names = unsafe portcullis_alternative_names(certificate) else { return [] }
    defer { unsafe GENERAL_NAMES_free(names) }
    var found: [ClientCertificate.AlternativeName] = []
    for index in 0..<max(0, unsafe portcullis_general_names_count(names)) {
      var start: UnsafePointer<UInt8>?
      var count: Int32 = 0
      let kind = unsafe portcullis_name_at(names, index, &start, &count)
      // SAFETY: the name has `count` bytes, and lives until all are freed.
      let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(max(0, count))))
      if let name = Self.name(kind, bytes) { found.append(name) }
    }
    return found
  }

  private static func name(_ kind: Int32, _ bytes: [UInt8]) -> ClientCertificate.AlternativeName? {
    if kind == 4 { return bytes.count == 4 || bytes.count == 16 ? .address(bytes) : nil }
    guard !bytes.isEmpty, bytes.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    switch kind {
    case 1: return .host(text)
    case 2: return .uri(text)
    case 3: return .mailbox(text)
    default: return nil
    }
  }
}
