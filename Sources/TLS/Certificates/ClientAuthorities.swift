internal import COpenSSL

/// The authorities whose certificates clients may show, and what they have revoked; immutable, for any thread.
@safe
package final class ClientAuthorities: @unchecked Sendable {
  // Sendable because libcrypto locks a store itself and nothing changes it after init.
  // SAFETY: owned, freed in `deinit`; contexts hold references of their own.
  let store: OpaquePointer
  /// For the message that asks for a certificate.
  let authorities: [Certificate]
  /// A client without a certificate is refused.
  package let isRequired: Bool
  /// The contents of both files: a change of either makes other sessions.
  let identity: [UInt8]
  /// The file of the lists; nil if nothing is looked up.
  package let listFile: String?
  /// The first moment at which a list of revoked certificates is out of date, in seconds since 1970; from then on everybody is refused.
  package let listExpiry: Int?

  /// The fault of one of the two files.
  package struct Fault: Error, Sendable, Equatable {
    package let isInList: Bool
    package let fault: TLSFileFault
  }

  /// Reads both files, which blocks.
  ///
  /// - Parameters:
  ///   - file: the authorities, in PEM form.
  ///   - list: what they have revoked; nil if nothing is looked up.
  package init(file: String, list: String?, isRequired: Bool) throws(Fault) {
    self.isRequired = isRequired
    listFile = list
    guard let store = unsafe X509_STORE_new() else { throw Fault(isInList: false, fault: .unavailable) }
    unsafe self.store = store
    var identity: [UInt8]
    do throws(TLSFileFault) {
      let text = try PEMText(file: file)
      identity = text.bytes
      authorities = try text.certificates()
      for authority in authorities {
        guard unsafe X509_STORE_add_cert(store, authority.handle) == 1 else { throw .unavailable }
      }
    } catch {
      throw Fault(isInList: false, fault: error)
    }
    // A certificate that was named on purpose is trusted as it is, also one that another one vouches for.
    var flags = UInt(X509_V_FLAG_PARTIAL_CHAIN)
    var expiry: Int?
    if let list {
      do throws(TLSFileFault) {
        let text = try PEMText(file: list)
        identity.append(0)
        identity += text.bytes
        for each in try text.revocationLists() {
          guard unsafe X509_STORE_add_crl(store, each.handle) == 1 else { throw .unavailable }
          if let next = each.nextUpdate { expiry = min(expiry ?? next, next) }
        }
      } catch {
        throw Fault(isInList: true, fault: error)
      }
      flags |= UInt(X509_V_FLAG_CRL_CHECK) | UInt(X509_V_FLAG_CRL_CHECK_ALL)
    }
    guard unsafe X509_STORE_set_flags(store, flags) == 1 else { throw Fault(isInList: false, fault: .unavailable) }
    self.identity = identity
    listExpiry = expiry
  }

  deinit { unsafe X509_STORE_free(store) }
}
