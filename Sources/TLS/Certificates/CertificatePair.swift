/// A certificate with its chain and its private key, read and found to fit; immutable, for any thread.
package final class CertificatePair: Sendable {
  /// The names of the files.
  package let certificateFile: String
  package let keyFile: String
  /// The certificate, then those that lead to an authority.
  let chain: [Certificate]
  let key: PrivateKey
  /// The names of hosts that it is for, in lower case; `*.` may stand for the first label.
  package let hostNames: [String]
  /// The end of its validity, in seconds since 1970.
  package let expiry: Int

  var leaf: Certificate { chain[0] }

  /// The fault of one of the two files.
  package struct Fault: Error, Sendable, Equatable {
    package let isInKey: Bool
    package let fault: TLSFileFault
  }

  /// Reads both files, which blocks.
  ///
  /// - Parameter now: in seconds since 1970.
  /// - Throws: the fault of a file, also that the certificate has expired.
  /// - Parameter takesExpired: an expired certificate is no fault.
  package init(certificate: String, key keyFile: String, now: Int, takesExpired: Bool) throws(Fault) {
    certificateFile = certificate
    self.keyFile = keyFile
    do throws(TLSFileFault) { chain = try PEMText(file: certificate).certificates() } catch {
      throw Fault(isInKey: false, fault: error)
    }
    do throws(TLSFileFault) { key = try PEMText(file: keyFile).privateKey() } catch {
      throw Fault(isInKey: true, fault: error)
    }
    guard chain[0].fits(key) else { throw Fault(isInKey: true, fault: .otherKey(certificate: certificate)) }
    guard let validity = chain[0].validity else { throw Fault(isInKey: false, fault: .damaged("certificate")) }
    expiry = validity.upperBound
    hostNames = chain[0].hostNames
    if !takesExpired, expiry < now { throw Fault(isInKey: false, fault: .expired(at: expiry)) }
  }

  /// True if a signature of the key takes longer than all the rest of a handshake.
  package var hasSlowKey: Bool { key.isRSA && key.bitCount > 3072 }

  /// The contents of the certificate, to tell it from another one.
  package var fingerprint: [UInt8] { leaf.bytes }

  /// The fault of a certificate that does not count at that moment; nil if it does.
  package func fault(at now: Int) -> TLSFileFault? {
    guard let validity = leaf.validity else { return .damaged("certificate") }
    if now > validity.upperBound { return .expired(at: validity.upperBound) }
    if now < validity.lowerBound { return .notYetValid(until: validity.lowerBound) }
    return nil
  }
}
