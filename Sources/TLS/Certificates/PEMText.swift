import Bytes
internal import COpenSSL
internal import Transport

/// A PEM file on its way through libcrypto.
@safe
final class PEMText {
  // SAFETY: owned, freed in `deinit`.
  private let handle: OpaquePointer
  private let contents: [UInt8]

  /// The most that a file of certificates or keys may hold, in bytes: some ten times the authorities of a system.
  private static let limit = 4 * 1024 * 1024

  /// Reads a file, which blocks.
  init(file: String) throws(TLSFileFault) {
    let contents: [UInt8]
    do throws(SystemError) { contents = try FileReader.read(path: file, limit: Self.limit) } catch {
      throw .unreadable(error.text)
    }
    guard let handle = unsafe BIO_new(BIO_s_mem()) else { throw .unavailable }
    unsafe self.handle = handle
    self.contents = contents
    let written = unsafe contents.withUnsafeBytes { unsafe BIO_write(handle, $0.baseAddress, Int32($0.count)) }
    guard written == Int32(contents.count) || contents.isEmpty else { throw .unavailable }
  }

  deinit { unsafe BIO_free(handle) }

  var bytes: [UInt8] { contents }

  /// All certificates, in their order.
  ///
  /// - Throws: ``TLSFileFault/noCertificate``, ``TLSFileFault/damaged(_:)``.
  func certificates() throws(TLSFileFault) -> [Certificate] {
    var found: [Certificate] = []
    while true {
      ERR_clear_error()
      guard let next = unsafe PEM_read_bio_X509(handle, nil, Self.noPassphrase, nil) else { break }
      unsafe found.append(Certificate(owning: next))
    }
    guard Self.isAtEnd else { throw .damaged("certificate") }
    guard !found.isEmpty else { throw .noCertificate }
    return found
  }

  /// The private key.
  ///
  /// - Throws: ``TLSFileFault/noKey``, ``TLSFileFault/encryptedKey``, ``TLSFileFault/damaged(_:)``.
  func privateKey() throws(TLSFileFault) -> PrivateKey {
    ERR_clear_error()
    if let key = unsafe PEM_read_bio_PrivateKey(handle, nil, Self.noPassphrase, nil) {
      ERR_clear_error()
      return unsafe PrivateKey(owning: key)
    }
    guard Self.holds(contents, "PRIVATE KEY-----") else { throw .noKey }
    ERR_clear_error()
    if Self.holds(contents, "ENCRYPTED") { throw .encryptedKey }
    throw .damaged("private key")
  }

  /// All lists of revoked certificates.
  ///
  /// - Throws: ``TLSFileFault/noRevocationList``, ``TLSFileFault/damaged(_:)``.
  func revocationLists() throws(TLSFileFault) -> [RevocationList] {
    var found: [RevocationList] = []
    while true {
      ERR_clear_error()
      guard let next = unsafe PEM_read_bio_X509_CRL(handle, nil, Self.noPassphrase, nil) else { break }
      unsafe found.append(RevocationList(owning: next))
    }
    guard Self.isAtEnd else { throw .damaged("list of revoked certificates") }
    guard !found.isEmpty else { throw .noRevocationList }
    return found
  }

  /// True if the last reading failed because there was nothing more to read.
  private static var isAtEnd: Bool {
    defer { ERR_clear_error() }
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
  }

  private static func holds(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    let pattern = Array("\(text)".utf8)
    guard bytes.count >= pattern.count else { return false }
    return (0...(bytes.count - pattern.count)).contains { bytes[$0..<($0 + pattern.count)].elementsEqual(pattern) }
  }

  /// libcrypto would ask the terminal.
  private static let noPassphrase:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
      _, _, _, _ in -1
    }
}

/// A list of revoked certificates (RFC 5280 §5); immutable, for any thread.
@safe
final class RevocationList: @unchecked Sendable {
  // Sendable because libcrypto counts references atomically and nothing changes it after init.
  // SAFETY: owned, freed in `deinit`.
  let handle: OpaquePointer

  init(owning handle: OpaquePointer) { unsafe self.handle = handle }
  deinit { unsafe X509_CRL_free(handle) }

  /// The moment by which its issuer promised a newer one, in seconds since 1970; nil without that promise.
  var nextUpdate: Int? { unsafe Certificate.seconds(X509_CRL_get0_nextUpdate(handle)) }
}
