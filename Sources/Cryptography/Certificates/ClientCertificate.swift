import Bytes
import COpenSSL

/// The certificate that a client has proven to be its own: the facts about it that decisions use.
///
/// Its maker has verified it. Immutable, shared by reference.
package final class ClientCertificate: Sendable {
  /// The subject as RFC 4514 has it, such as `CN=alice,O=Example`; empty where the certificate names none.
  ///
  /// Controls are escaped in it, as two digits behind a backslash.
  package let subject: String
  /// The names of the subject's alternative name (RFC 5280 §4.2.1.6) that are of a known kind and well formed, in its order.
  package let alternativeNames: [AlternativeName]
  /// The SHA-256 digest of the certificate, 32 bytes.
  package let digest: [UInt8]
  /// The digest in lower-case hexadecimal.
  package let fingerprint: String
  /// The digest in base64url, as `x5t#S256` has it (RFC 8705 §3.1).
  package let thumbprint: String

  /// - Returns: nil unless the bytes are a certificate in DER and nothing else, with a subject that is text.
  package init?(der bytes: Span<UInt8>) {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let certificate = Certificate(der: bytes), let subject = certificate.subject,
      let digest = try? HashFunction.sha256.digest(of: bytes)
    else { return nil }
    self.subject = subject
    alternativeNames = certificate.alternativeNames
    self.digest = digest
    fingerprint = Self.hexadecimal(digest)
    var thumbprint = ByteBuffer(capacity: 64)
    Base64URL.encode(digest.span, into: &thumbprint)
    self.thumbprint = thumbprint.readable.text
  }

  /// - Returns: nil unless the first block of the PEM text is a certificate.
  package convenience init?(pem text: Span<UInt8>) {
    guard let bytes = PEM.certificate(in: text) else { return nil }
    self.init(der: bytes.span)
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

extension ClientCertificate: Equatable {
  package static func == (left: ClientCertificate, right: ClientCertificate) -> Bool { left.digest == right.digest }
}

extension ClientCertificate {
  /// A name of a certificate's subject; names of different kinds are never the same.
  package enum AlternativeName: Sendable, Hashable {
    /// A host.
    case host(String)
    case uri(String)
    /// An address of mail.
    case mailbox(String)
    /// The 4 octets of an IPv4 address, or the 16 of an IPv6 one.
    case address([UInt8])
  }
}
