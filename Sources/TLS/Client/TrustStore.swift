internal import COpenSSL
import Glibc
import Synchronization
internal import Transport

/// The authorities that may vouch for servers; immutable, for any thread.
///
/// Made once and shared by all contexts that need it: those of a system take some 20 ms and 800 KB.
@safe
package final class TrustStore: @unchecked Sendable {
  // Sendable because libcrypto locks a store itself and nothing changes it after init.
  // SAFETY: owned, freed in `deinit`; contexts hold references of their own.
  let handle: OpaquePointer
  /// The contents of the file that was named; nil for the system's authorities alone.
  private let contents: [UInt8]?

  private init(_ text: PEMText? = nil) throws(TLSFileFault) {
    guard let handle = unsafe X509_STORE_new() else { throw .unavailable }
    unsafe self.handle = handle
    contents = text?.bytes
    if let text { try add(text) }
  }

  deinit { unsafe X509_STORE_free(handle) }

  /// The authorities of a PEM file, and no others.
  ///
  /// Blocks.
  package static func file(_ file: String) throws(TLSFileFault) -> TrustStore {
    try TrustStore(PEMText(file: file))
  }

  /// The authorities of the system, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
  ///
  /// Blocks.
  ///
  /// - Parameter file: a PEM file of certificates that are trusted as well.
  package static func system(and file: String? = nil) throws(TLSFileFault) -> TrustStore {
    guard let file else { return try shared.withLock { shared throws(TLSFileFault) in try shared.current() } }
    let store = try TrustStore(PEMText(file: file))
    store.addSystem()
    return store
  }

  private func addSystem() {
    // A system without authorities is no error: no server is trusted then.
    unsafe _ = X509_STORE_set_default_paths(handle)
    ERR_clear_error()
  }

  private func add(_ text: PEMText) throws(TLSFileFault) {
    ERR_clear_error()
    defer { ERR_clear_error() }
    for certificate in try text.certificates() {
      guard unsafe X509_STORE_add_cert(handle, certificate.handle) == 1 else { throw .unavailable }
    }
    // An authority that was named on purpose is trusted as it is, also one that another one vouches for.
    guard unsafe X509_STORE_set_flags(handle, UInt(X509_V_FLAG_PARTIAL_CHAIN)) == 1 else { throw .unavailable }
  }

  /// True if the other one was made of the same.
  package func isSame(as other: TrustStore) -> Bool {
    self === other || contents != nil && contents == other.contents
  }

  // MARK: The system's

  private static let shared = Mutex(Shared())

  /// The store of the system's authorities, which is made again when they have changed.
  private struct Shared: Sendable {
    private var store: TrustStore?
    private var stamps: [FileStamp?] = []

    mutating func current() throws(TLSFileFault) -> TrustStore {
      let stamps = TrustStore.systemPaths.map(TrustStore.stamp)
      if let store, stamps == self.stamps { return store }
      let fresh = try TrustStore()
      fresh.addSystem()
      store = fresh
      self.stamps = stamps
      return fresh
    }
  }

  private static func stamp(_ path: String) -> FileStamp? {
    do throws(SystemError) { return try FileStamp(path: path) } catch { return nil }
  }

  /// The file and the folder of the system's authorities.
  package static var systemPaths: [String] {
    [
      unsafe path(X509_get_default_cert_file_env(), or: X509_get_default_cert_file()),
      unsafe path(X509_get_default_cert_dir_env(), or: X509_get_default_cert_dir()),
    ]
  }

  // SAFETY: libcrypto's texts are constants, and nobody changes the environment after the start.
  private static func path(_ variable: UnsafePointer<CChar>?, or usual: UnsafePointer<CChar>?) -> String {
    if let variable = unsafe variable, let value = unsafe getenv(variable) { return unsafe String(cString: value) }
    return unsafe usual.map { unsafe String(cString: $0) } ?? ""
  }
}
