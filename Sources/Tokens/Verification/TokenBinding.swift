import Bytes
import JSON

/// The key or certificate that a token is bound to by its claim `cnf` (RFC 7800).
///
/// Judged for each request, by what its connection proves; a verdict is never kept with the token.
package enum TokenBinding: Sendable, Equatable {
  /// Nothing: every bearer may use the token.
  case none
  /// Nothing, though the issuer's tokens must be bound.
  case missing
  /// The client certificate of that thumbprint (RFC 8705 §3.1).
  case certificate(CertificateThumbprint)
  /// A key that can't be asked for (`jkt`), several things at once, or something out of form.
  case unsupported

  /// - Parameters:
  ///   - confirmation: the claim `cnf`; nil where it is absent.
  ///   - isRequired: whether the issuer's tokens must be bound.
  init(_ confirmation: JSONValue?, isRequired: Bool) {
    guard let confirmation else {
      self = isRequired ? .missing : .none
      return
    }
    guard let members = confirmation.object, members.count == 1, let text = members["x5t#S256"]?.string,
      let thumbprint = CertificateThumbprint(base64URL: text.utf8Span.span)
    else {
      self = .unsupported
      return
    }
    self = .certificate(thumbprint)
  }

  /// The reason for which a request may not bear the token; nil if it may.
  ///
  /// - Parameter certificate: that of the client, proven by the request's connection; nil without.
  package func rejection(of certificate: CertificateThumbprint?) -> TokenRejection? {
    switch self {
    case .none: nil
    case .certificate(let bound): bound == certificate ? nil : .bindingFailed
    case .missing, .unsupported: .bindingFailed
    }
  }
}

/// The SHA-256 digest of a certificate in DER.
package struct CertificateThumbprint: Sendable, Equatable {
  private let words: [4 of UInt64]

  /// - Returns: nil unless these are exactly 32 bytes.
  package init?(_ digest: Span<UInt8>) {
    guard digest.count == 32 else { return nil }
    var words = [4 of UInt64](repeating: 0)
    for index in digest.indices { words[index / 8] = words[index / 8] << 8 | UInt64(digest[index]) }
    self.words = words
  }

  /// - Returns: nil unless the text is 32 bytes in base64url.
  init?(base64URL text: Span<UInt8>) {
    var digest: [UInt8] = []
    guard text.count == 43, Base64URL.decode(text, into: &digest) else { return nil }
    self.init(digest.span)
  }

  package static func == (left: CertificateThumbprint, right: CertificateThumbprint) -> Bool {
    var difference: UInt64 = 0
    for index in 0..<4 { difference |= left.words[index] ^ right.words[index] }
    return difference == 0
  }
}
