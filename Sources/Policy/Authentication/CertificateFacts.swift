import Bytes
import Configuration
import Cryptography
import HTTP
import JSON
import Tokens

extension ClientCertificate {
  /// The names as they are told and asked for, each with its kind before it: `DNS:…`, `URI:…`, `email:…`, `IP:…`.
  package var subjectAlternativeNames: [String] {
    alternativeNames.compactMap { name in
      switch name {
      case .host(let host): "DNS:" + host
      case .uri(let uri): "URI:" + uri
      case .mailbox(let mailbox): "email:" + mailbox
      case .address(let octets): IPAddress(octets: octets).map { "IP:\($0)" }
      }
    }
  }

  /// The meaning of a fact, in the form that claims have; nothing for a certificate that does not have it.
  func meaning(of claim: CertificateClaim) -> ClaimMeaning {
    switch claim {
    case .subject: return subject.isEmpty ? .nothing : .value(.string(subject))
    case .names:
      let names = subjectAlternativeNames
      return names.isEmpty ? .nothing : .words(names)
    case .fingerprint: return .value(.string(fingerprint))
    }
  }

  /// The form in which tokens are bound to it.
  var bindingThumbprint: CertificateThumbprint? {
    let digest = digest
    return CertificateThumbprint(digest.span)
  }
}

extension IPAddress {
  /// The address that 4 or 16 octets make in network order; nil for any other number of them.
  fileprivate init?(octets: [UInt8]) {
    switch octets.count {
    case 4: self.init(v4: octets.reduce(0) { $0 << 8 | UInt32($1) })
    case 16: self.init(v6: octets.reduce(0) { $0 << 8 | UInt128($1) })
    default: return nil
    }
  }
}

/// The identity fields that tell upstreams of client certificates: those of `identity_headers` whose claims begin with `tls:`.
///
/// They go with every request whose connection has proven a certificate, whatever its route asks for. Compiled once.
package struct CertificateFields: Sendable {
  private let lines: [(name: [UInt8], claim: CertificateClaim)]

  init(_ headers: [IdentityHeader]) {
    lines = headers.compactMap { header in header.certificateClaim.map { (Array(header.name.utf8), $0) } }
  }

  var isEmpty: Bool { lines.isEmpty }

  /// The fields that tell of a certificate.
  func block(of certificate: ClientCertificate) -> FieldBlock {
    var fields = FieldBlock()
    append(certificate, to: &fields)
    return fields
  }

  /// Appends the fields that tell of a certificate.
  func append(_ certificate: ClientCertificate, to fields: inout FieldBlock) {
    for line in lines {
      guard let value = IdentityValue.encoded(certificate.meaning(of: line.claim)) else { continue }
      // An encoded value is a field value by construction, and the loader has checked the name.
      let isAppended = fields.append(name: line.name.span, value: value.span)
      assert(isAppended, "an encoded fact is no field value")
    }
  }
}
