internal import COpenSSL
import Glibc
internal import Transport

/// A certificate; immutable, for any thread.
@safe
final class Certificate: @unchecked Sendable {
  // Sendable because libcrypto counts references atomically and nothing changes it after init.
  // SAFETY: owned, freed in `deinit`.
  let handle: OpaquePointer

  init(owning handle: OpaquePointer) { unsafe self.handle = handle }
  deinit { unsafe X509_free(handle) }

  /// In DER.
  var bytes: [UInt8] { unsafe CertificateDER.bytes(of: handle) ?? [] }

  /// The moments between which it counts, in seconds since 1970.
  var validity: ClosedRange<Int>? {
    guard let begin = unsafe Self.seconds(X509_get0_notBefore(handle)),
      let end = unsafe Self.seconds(X509_get0_notAfter(handle)), begin <= end
    else { return nil }
    return begin...end
  }

  static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int? {
    var calendar = unsafe tm()
    guard let time = unsafe time, unsafe ASN1_TIME_to_tm(time, &calendar) == 1 else { return nil }
    return unsafe timegm(&calendar)
  }

  /// True if the private key is the one of this certificate.
  func fits(_ key: PrivateKey) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    return unsafe X509_check_private_key(handle, key.handle) == 1
  }

  /// The names of hosts that it is for, in lower case: its DNS names, or the common name of a certificate that has none.
  var hostNames: [String] {
    let names = alternativeNames
    return names.isEmpty ? commonName.map { [$0] } ?? [] : names
  }

  private var alternativeNames: [String] {
    guard let all = unsafe X509_get_ext_d2i(handle, NID_subject_alt_name, nil, nil) else { return [] }
    // SAFETY: libcrypto made the list for us; its members die with it.
    let list = OpaquePointer(all)
    defer { unsafe portcullis_general_names_free(list) }
    var names: [String] = []
    let total = unsafe portcullis_general_names_count(list)
    for index in 0..<total {
      var count: Int32 = 0
      guard let text = unsafe portcullis_general_names_dns(list, index, &count) else { continue }
      if let name = HostName.folded(unsafe UnsafeBufferPointer(start: text, count: Int(count)).span) {
        names.append(name)
      }
    }
    return names
  }

  private var commonName: String? {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe buffer.withUnsafeMutableBytes { space in
      unsafe X509_NAME_get_text_by_NID(
        X509_get_subject_name(handle), NID_commonName, space.bindMemory(to: CChar.self).baseAddress, Int32(space.count))
    }
    guard count > 0 else { return nil }
    return HostName.folded(buffer.span.extracting(0..<Int(count)))
  }
}

/// A private key; immutable, for any thread.
@safe
final class PrivateKey: @unchecked Sendable {
  // Sendable because libcrypto counts references atomically and nothing changes it after init.
  // SAFETY: owned, freed in `deinit`.
  let handle: OpaquePointer

  init(owning handle: OpaquePointer) { unsafe self.handle = handle }
  deinit { unsafe EVP_PKEY_free(handle) }

  var bitCount: Int { Int(unsafe EVP_PKEY_get_bits(handle)) }
  var isRSA: Bool { unsafe EVP_PKEY_get_base_id(handle) == EVP_PKEY_RSA }
}

/// A host's name as certificates, handshakes and requests are compared by it.
package enum HostName {
  /// The name in lower case without its final dot; nil for what is no name of a host (RFC 6125 §6.4, RFC 6066 §3).
  ///
  /// `*` may stand for the first label.
  package static func folded(_ bytes: Span<UInt8>) -> String? {
    var count = bytes.count
    if count > 0, bytes[count - 1] == UInt8(ascii: ".") { count -= 1 }
    guard count > 0, count <= 253, bytes[count - 1] != UInt8(ascii: ".") else { return nil }
    var folded: [UInt8] = []
    folded.reserveCapacity(count)
    for index in 0..<count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): folded.append(byte | 0x20)
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
        UInt8(ascii: "_"):
        folded.append(byte)
      case UInt8(ascii: "."):
        guard index > 0, bytes[index - 1] != byte else { return nil }
        folded.append(byte)
      case UInt8(ascii: "*"):
        guard index == 0, count > 2, bytes[1] == UInt8(ascii: ".") else { return nil }
        folded.append(byte)
      default: return nil
      }
    }
    return String(decoding: folded, as: UTF8.self)
  }
}
